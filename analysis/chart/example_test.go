package chart_test

import (
	"fmt"
	"log"

	"sparsel/analysis/chart"
)

// A figure is data. Its look is left to the style.
func ExampleRender() {
	f := chart.Figure{
		ID: "0",
		Rows: []chart.Row{{Panels: []chart.Panel{{
			X: chart.Axis{Label: "Epoch"},
			Y: chart.Axis{Label: "Accuracy", Min: 0.9, Max: 1},
			Series: []chart.Series{{
				Label: "Adam", Role: "Adam",
				X: []float64{1, 2}, Y: []float64{0.93, 0.95},
				Lo: []float64{0.92, 0.945}, Hi: []float64{0.94, 0.955},
			}},
		}}}},
	}
	numbers, err := chart.Render(f, chart.DefaultStyle(), "csv")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", numbers)
	// Output:
	// figure,panel,title,x_axis,y_axis,kind,label,name,x,category,y,low,high,n,expected
	// 0,a,,Epoch,Accuracy,value,Adam,,1,,0.93,0.92,0.94,,
	// 0,a,,Epoch,Accuracy,value,Adam,,2,,0.95,0.945,0.955,,
}
