package chart

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/png"
	"math"

	"gonum.org/v1/plot/vg/vgimg"
)

// png returns the page as PNG with its resolution, heading, caption and
// metadata.
func (p page) png() ([]byte, error) {
	c := pngCanvas{vgimg.NewWith(vgimg.UseWH(p.width, p.height), vgimg.UseDPI(p.style.DPI))}
	if err := p.draw(c); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := png.Encode(&file, c.Image()); err != nil {
		return nil, err
	}
	chunks := pngChunk("pHYs", physical(p.style.DPI))
	chunks = append(chunks, pngText("Title", p.figure.heading())...)
	if p.figure.Caption != "" {
		chunks = append(chunks, pngText("Description", p.figure.Caption)...)
	}
	for _, k := range p.figure.sortedMetadata() {
		chunks = append(chunks, pngText(k, p.figure.Metadata[k])...)
	}
	// The chunks go between the header, whose size is fixed, and the image.
	const header = 8 + 12 + 13
	return bytes.Join([][]byte{file.Bytes()[:header], chunks, file.Bytes()[header:]}, nil), nil
}

// physical returns the content of a pHYs chunk: pixels per metre, twice, and
// the unit.
func physical(dpi int) []byte {
	perMetre := uint32(math.Round(float64(dpi) / 0.0254))
	b := binary.BigEndian.AppendUint32(nil, perMetre)
	return append(binary.BigEndian.AppendUint32(b, perMetre), 1)
}

// pngText returns a tEXt chunk, which is Latin-1, or an iTXt chunk, which is
// UTF-8, if the text needs one (PNG 1.2, section 4.2.3).
func pngText(key, value string) []byte {
	latin := make([]byte, 0, len(value))
	for _, c := range value {
		if c > 0xff {
			// No compression, no language, no translated keyword.
			return pngChunk("iTXt", []byte(key+"\x00\x00\x00\x00\x00"+value))
		}
		latin = append(latin, byte(c))
	}
	return pngChunk("tEXt", append([]byte(key+"\x00"), latin...))
}

func pngChunk(kind string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, kind...), content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}
