package trainer

// vsgdSmall has constants with which a small network learns.
var vsgdSmall = Optimizer{Name: "vSGD", SlowStart: 2, Initial: 5, Eps: 1e-6}
