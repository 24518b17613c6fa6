# Writes truth.txt: R's values of the intervals and tests that package claim computes.
#   Rscript testdata/truth.R > testdata/truth.txt
options(digits = 15)
say <- function(kind, input, output) cat(kind, "|", paste(format(input, digits = 15, trim = TRUE), collapse = " "), "|", paste(formatC(output, digits = 12, format = "e"), collapse = " "), "\n")
set.seed(8)
for (n in c(2, 3, 5, 12)) for (shift in c(0, 0.4)) {
	x <- round(rnorm(n) * 0.1 + shift * 0.1, 6)
	t <- t.test(x)
	say("student", x, c(t$estimate, t$conf.int, t.test(x, alternative = "greater")$p.value, t.test(x, alternative = "less")$p.value))
	# Two one-sided tests within 0.05.
	say("tost", x, c(max(t.test(x, mu = -0.05, alternative = "greater")$p.value, t.test(x, mu = 0.05, alternative = "less")$p.value), max(abs(t.test(x, conf.level = 0.9)$conf.int))))
	# Exact sign flips: all 2^n of them.
	signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), n)))
	sums <- as.vector(signs %*% x)
	say("flip", x, c(mean(sums >= sum(x) - 1e-9), mean(sums <= sum(x) + 1e-9)))
	# The interval of a mean of shares on the logit scale, by the delta method.
	s <- round(plogis(rnorm(n) + 3), 6)
	m <- mean(s); se <- sd(s) / sqrt(n)
	say("logit", s, c(m, plogis(qlogis(m) + c(-1, 1) * qt(0.975, n - 1) * se / (m * (1 - m)))))
}
for (sizes in list(c(3, 3), c(2, 7), c(12, 5), c(12, 12))) {
	x <- round(rnorm(sizes[1]), 6); y <- round(rnorm(sizes[2], 0.5, 3), 6)
	t <- t.test(x, y)
	say("welch", c(sizes[1], x, y), c(mean(x) - mean(y), t$conf.int, t.test(x, y, alternative = "greater")$p.value))
}
for (n in c(1, 3, 12)) for (k in unique(c(0, 1, n %/% 2, n - 1, n))) {
	b <- binom.test(k, n)
	say("count", c(k, n), c(b$conf.int, pbinom(k - 1, n, 0.5, lower.tail = FALSE), pbinom(k, n, 0.5)))
}
for (p in list(c(0.01, 0.04, 0.03), c(0.001, 0.2, 0.02, 0.02, 0.8), runif(40)^3)) {
	p <- round(p, 8)
	say("holm", p, p.adjust(p, "holm"))
	say("bh", p, p.adjust(p, "BH"))
}
for (n in c(5, 9)) {
	x <- round(rnorm(n), 3); y <- round(x + rnorm(n), 3)
	say("kendall", c(x, y), cor(x, y, method = "kendall"))
}
# R² of predicting each group from the others. Rows are group, y, x1, x2.
for (k in 1:2) {
	g <- rep(1:4, each = 6); x1 <- round(runif(24), 4); x2 <- round(runif(24), 4)
	y <- round(1 + (2 + 0.5 * g) * x1 - k * x2 + 0.3 * rnorm(24), 4)
	data <- data.frame(g, y, x1, x2); left <- 0; total <- 0
	for (e in 1:4) {
		fit <- lm(y ~ x1 + x2, data[g != e, ])
		left <- left + sum((y[g == e] - predict(fit, data[g == e, ]))^2)
		total <- total + sum((y[g == e] - mean(y[g != e]))^2)
	}
	say("prediction", as.vector(t(as.matrix(data))), 1 - left / total)
}
# Power of the paired t test at 0.05, two-sided, in the claimed direction, for
# differences in units of their SD.
for (n in c(3, 12)) for (d in c(0.5, 0.89, 1.6, 3.1)) {
	say("power", c(n, d), power.t.test(n, d, type = "one.sample", alternative = "one.sided", sig.level = 0.025)$power)
}
