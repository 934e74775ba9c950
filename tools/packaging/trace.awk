# SPDX-License-Identifier: GPL-3.0-or-later
# A force trace and what was found in it, as SVG:
#   awk -f trace.awk PROFILE.ini LONG.csv RAW.csv > picture.svg
# PROFILE.ini is the exported calibration of two channels, left and right; LONG.csv the report in the
# long layout; RAW.csv the exported raw values: time, left, right.
function x(t) { return left + (t - first_s) / (last_s - first_s) * width }
function y(f) { return top + height - f / high_n * height }
function colour(side) { return side == "left" ? "#1f5fa8" : "#c2570c" }
function say(px, py, anchor, fill, words) {
  printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n", px, py, anchor, fill, words
}

BEGIN { FS = ","; left = 56; top = 34; width = 880; height = 270; high_n = 0 }
{ gsub(/"/, ""); sub(/\r$/, "") }

FILENAME == ARGV[1] {
  split($0, pair, " = ")
  if (/^\[channel /) { channel = $0; gsub(/^.channel |\]$/, "", channel) }
  profile[channel, pair[1]] = pair[2]
  next
}

# The report: only numbered repetitions, not the summaries.
FILENAME == ARGV[2] {
  if ($3 ~ /^[0-9]+$/ && $6 != "" && ($4 == "left" || $4 == "right")) {
    value[$3, $4, $5] = $6
    if ($3 > repetitions) repetitions = $3
  }
  next
}

# As the report counts it: above the unloaded zero.
function newtons(side, raw) {
  return profile[side, "polarity"] * profile[side, "slope_n_per_unit"] * (raw - profile[side, "zero"]) \
    - value[1, side, "unloaded_zero"]
}
function keep(side, raw) {
  force[side, count] = newtons(side, raw)
  if (force[side, count] > high_n) high_n = force[side, count]
}
FNR > 1 && $2 != "" && $3 != "" { time[++count] = $1; keep("left", $2); keep("right", $3) }

# Lowest and highest of each column, so that no peak is lost in drawing.

function draw(side,   column, k, from, to, low, high) {
  printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.1\" points=\"", colour(side)
  for (column = 0; column < 880; column++) {
    from = int(column * count / 880) + 1
    to = int((column + 1) * count / 880)
    if (to < from) continue
    low = high = force[side, from]
    for (k = from; k <= to; k++) {
      if (force[side, k] < low) low = force[side, k]
      if (force[side, k] > high) high = force[side, k]
    }
    printf "%.1f,%.1f %.1f,%.1f ", x(time[from]), y(low + 0), x(time[from]), y(high + 0)
  }
  print "\"/>"
}

function mark(repetition, side,   onset, peak_s, peak_n) {
  onset = value[repetition, side, "onset_time"]
  peak_n = value[repetition, side, "peak_force"]
  if (onset == "" || peak_n == "") return
  peak_s = onset + value[repetition, side, "time_to_peak"]
  printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-dasharray=\"3 3\"/>\n", x(onset), x(onset), top + height, top + 0.72 * height, colour(side)
  printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n", x(peak_s), y(peak_n), colour(side)
  say(x(peak_s) + (side == "left" ? 8 : -8), y(peak_n) + (side == "left" ? 14 : -6), side == "left" ? "start" : "end", colour(side), sprintf("%.0f N", peak_n))
}

END {
  if (count == 0) { print "no trace in " ARGV[3] > "/dev/stderr"; exit 1 }
  first_s = time[1]; last_s = time[count]
  high_n = 100 * (int(high_n / 100) + 1)
  print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 350\" font-family=\"sans-serif\" font-size=\"12\">"
  print "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->"
  print "<rect width=\"960\" height=\"350\" fill=\"#ffffff\"/>"
  for (f = 0; f <= high_n; f += 100) {
    printf "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n", left, left + width, y(f), y(f)
    say(left - 6, y(f) + 4, "end", "#444444", f " N")
  }
  for (t = 5 * int(first_s / 5 + 1); t < last_s; t += 5)
    say(x(t), top + height + 18, "middle", "#444444", t " s")
  draw("left"); draw("right")
  for (r = 1; r <= repetitions; r++) { mark(r, "left"); mark(r, "right") }
  say(left, 20, "start", colour("left"), "left"); say(left + 40, 20, "start", colour("right"), "right")
  say(left + 90, 20, "start", "#444444", "dashed: onset of each leg; dot: its highest raw sample; simulated athlete, three Nordic repetitions")
  print "</svg>"
}
