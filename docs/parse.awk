# SPDX-License-Identifier: MIT
# Reads the public headers into arrays, for pages.awk and for the tests of the
# interface. POSIX awk: awk -f parse.awk -f OTHER.awk HEADER...
#
# What a header looks like, and what becomes of it:
#
#   the first comment after the licence   intro[HEADER, 1..intros[HEADER]]
#   comment that begins with "-- TITLE -" section_title[1..sections]
#   comment with an empty line after it   section_text[SECTION, 1..n]
#   comment, then a declaration           doc[NAME, 1..docs[NAME]]
#   #define HP_X                          constant[1..constants]
#   struct or enum with a body            types[1..type_count], item_*[]
#   function                              names[1..functions], summary[],
#                                         param_*[], text[], error_*[]
#   function type                         the same, in fn_types[1..fn_type_count]
#
# HEADER is the name without directories, SECTION a number, NAME "hp_x" for
# functions and function types, "struct hp_x", "enum hp_x", and "enum 1" and so
# on for those without a name. Anything else is an error: what this does not
# understand, a reader might not either.

FNR == 1 {
	header = FILENAME
	sub(/.*\//, "", header)
	headers[++header_count] = header
	in_comment = 0
	section = 0
	declaration = ""
	drop_comment()
}

# What C++ needs is no part of the interface.
/^#ifdef __cplusplus$/ { skip = 1 }
skip { if ($0 == "#endif") skip = 0; next }

declaration != "" { continue_declaration(); next }
in_comment { add_comment_line($0); next }
/^\/\*/ {
	drop_comment()
	in_comment = 1
	add_comment_line($0)
	next
}
/^$/ {
	if (comment_lines)
		free_comment()
	drop_comment()
	next
}
/^#define HP_/ {
	name = $2
	sub(/\(.*/, "", name)
	constant[++constants] = name
	sub(/^#define [^ \t]+[ \t]*/, "")
	constant_value[name] = $0
	# One comment may stand for several.
	document(name)
	next
}
/^#/ {
	# The include guard follows the first comment.
	if (comment_lines)
		free_comment()
	drop_comment()
	next
}
{ continue_declaration() }

function fail(text) {
	printf "%s:%d: %s\n", FILENAME, FNR, text | "cat >&2"
	close("cat >&2")
	failed = 1
	exit 1
}

function drop_comment() {
	comment_lines = 0
}

function add_comment_line(line,    last) {
	last = sub(/ *\*\/$/, "", line)
	if (!sub(/^\/\* ?/, "", line))
		sub(/^ \* ?/, "", line)
	# The first and the last line are empty as a rule.
	if (line != "" || (comment_lines && !last))
		comment[++comment_lines] = line
	if (!last)
		return
	in_comment = 0
	if (comment[1] ~ /^SPDX-/)
		drop_comment()
	else if (comment[1] ~ /^-- .* -+$/) {
		section = ++sections
		line = comment[1]
		sub(/^-- /, "", line)
		sub(/ -+$/, "", line)
		section_title[section] = line
		section_header[section] = header
		drop_comment()
	}
}

# A comment that no declaration follows
function free_comment(    i) {
	if (!(header in intros)) {
		for (i = 1; i <= comment_lines; i++)
			intro[header, i] = comment[i]
		intros[header] = comment_lines
		return
	}
	if (!section)
		fail("a comment of its own before the first section")
	if (section_texts[section])
		section_text[section, ++section_texts[section]] = ""
	for (i = 1; i <= comment_lines; i++)
		section_text[section, ++section_texts[section]] = comment[i]
}

function document(name,    i) {
	for (i = 1; i <= comment_lines; i++)
		doc[name, i] = comment[i]
	docs[name] = comment_lines
	section_of[name] = section
	header_of[name] = header
}

# Collects lines until the semicolon at the outer level.
function continue_declaration(    code) {
	declaration = declaration (declaration == "" ? "" : "\n") $0
	if ($0 !~ /;$/ || (declaration ~ /\{/ && $0 !~ /^}/))
		return
	code = declaration
	declaration = ""
	if (code ~ /\{/)
		add_type(code)
	else if (code ~ /^struct hp_[a-z_]+;$/)
		opaque[substr(code, 1, length(code) - 1)] = 1
	else
		add_function(code)
	drop_comment()
}

function add_function(code,    name) {
	gsub(/[ \t\n]+/, " ", code)
	if (!match(code, /hp_[a-z0-9_]+\(/))
		fail("not understood: " code)
	name = substr(code, RSTART, RLENGTH - 1)
	prototype[name] = code
	if (code ~ /^typedef /)
		fn_types[++fn_type_count] = name
	else
		names[++functions] = name
	if (!comment_lines)
		fail(name " has no comment")
	if (index(comment[1], name " - ") != 1)
		fail("the comment of " name " must begin with \"" name " - \"")
	document(name)
	read_function(name)
}

# The parts of a function's comment: summary[NAME], param*, text*, error*
function read_function(name,    i, line, part, words, n) {
	part = "summary"
	for (i = 1; i <= docs[name]; i++) {
		line = doc[name, i]
		if (i == 1) {
			summary[name] = substr(line, length(name) + 4)
		} else if (line ~ /^@/) {
			part = "param"
			n = ++params[name]
			split(substr(line, 2), words, ":")
			param_name[name, n] = words[1]
			if (prototype[name] !~ "[ *]" words[1] "[,)]")
				fail(name " has no parameter " words[1])
			sub(/^@[a-z_]+: */, "", line)
			param_text[name, n] = line
		} else if (line ~ /^(-E|all( else)?\t)/) {
			# A list of codes may go on in the next line.
			while (line ~ /^[-A-Z, ]+,$/ && i < docs[name])
				line = line " " doc[name, ++i]
			part = "error"
			n = ++errors[name]
			match(line, /^(all( else)?|-E[A-Z]+(, -E[A-Z]+)*)/)
			error_codes[name, n] = substr(line, 1, RLENGTH)
			line = substr(line, RLENGTH + 1)
			sub(/^[ \t]+/, "", line)
			error_text[name, n] = line
		} else if (line == "" && part != "text") {
			part = "text"
		} else if (part == "summary") {
			summary[name] = summary[name] " " line
		} else if (part == "param" && line ~ /^ /) {
			sub(/^ +/, "", line)
			param_text[name, n] = param_text[name, n] " " line
		} else if (part == "error" && line ~ /^\t/) {
			sub(/^\t+/, "", line)
			error_text[name, n] = error_text[name, n] \
				(error_text[name, n] == "" ? "" : " ") line
		} else if (part == "text") {
			text[name, ++texts[name]] = line
		} else
			fail("not understood in the comment of " name ": " line)
	}
	if (!texts[name])
		texts[name] = 0
	if (!errors[name])
		errors[name] = 0
}

function add_type(code,    head, name) {
	head = code
	sub(/ \{.*/, "", head)
	name = head == "enum" ? "enum " (++anonymous) : head
	types[++type_count] = name
	if (!comment_lines)
		fail(name " has no comment")
	document(name)
	read_body(name, code)
}

# Fields and constants: item_name, item_code, item_text. An item without a text
# of its own belongs to the one before it (item_joined).
function read_body(name, code,    lines, n, i, line, before, own, statement, inside, trailing, shared, m) {
	n = split(code, lines, "\n")
	before = ""
	for (i = 2; i < n; i++) {
		line = lines[i]
		if (inside) {
			inside = !sub(/ *\*\/$/, "", line)
			sub(/^[ \t]*\*? ?/, "", line)
			if (trailing)
				own = own " " line
			else if (line != "" || inside)
				before = before (before == "" ? "" : "\n") line
			if (inside || !trailing)
				continue
			line = ""
		} else if (line == "") {
			before = ""
			shared = 0
			continue
		} else if (line ~ /^\t\/\*/) {
			sub(/^\t\/\* ?/, "", line)
			inside = !sub(/ *\*\/$/, "", line)
			before = line
			trailing = 0
			continue
		} else if (match(line, /\/\*/)) {
			own = substr(line, RSTART + 2)
			line = substr(line, 1, RSTART - 1)
			sub(/^ /, "", own)
			inside = !sub(/ *\*\/$/, "", own)
			trailing = 1
		}
		gsub(/[ \t]+/, " ", line)
		sub(/ $/, "", line)
		statement = statement line
		if (inside || (statement !~ /[,;]$/ && i < n - 1))
			continue
		m = ++items[name]
		sub(/^ /, "", statement)
		sub(/[,;]$/, "", statement)
		item_code[name, m] = statement
		item_name[name, m] = bare(name, statement)
		item_text[name, m] = own != "" ? own : before
		# A field right after one that has a comment before it shares it.
		shared = own == "" && (before != "" || (shared && m > 1))
		if (own == "" && before == "") {
			if (!shared)
				fail(item_name[name, m] " of " name " has no comment")
			item_joined[name, m] = 1
		}
		before = own = statement = ""
	}
}

function bare(name, statement) {
	if (name ~ /^enum/)
		sub(/ =.*/, "", statement)
	else {
		sub(/\[.*/, "", statement)
		sub(/.*[ *]/, "", statement)
	}
	return statement
}
