# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Draw lines over seconds, as a file and in the terminal. Sourced by bash, after
# common.sh.

# plot_seconds DATA SVG TITLE UNIT: DATA has a line of names and then, for each second,
# a line with the number of the second and a value for each name
plot_seconds() {
	gnuplot - <<-END || die "gnuplot failed, see above"
		set title '$3'
		set xlabel 'seconds after the first answer'
		set ylabel '$4'
		set yrange [0:*]
		set key autotitle columnhead outside bottom center horizontal
		columns = $(awk '{ print NF; exit }' "$1")
		set terminal svg size 800,400 background 'white'
		set output '$2'
		plot for [i=2:columns] '$1' using 1:i with lines linewidth 2
		set output
		set terminal dumb 79 24
		plot for [i=2:columns] '$1' using 1:i with lines
	END
}
