# SPDX-License-Identifier: MIT
# Writes a man page for every function of the headers, and hugepersist(7).
# usage: awk -v out=DIR -v extra=TEXT -f parse.awk -f pages.awk HEADER...
# TEXT is docs/hugepersist.7.txt. DIR must have man3/ and man7/.

END {
	if (failed)
		exit 1
	read_extra()
	version = constant_value["HP_VERSION_MAJOR"] "." \
		constant_value["HP_VERSION_MINOR"] "." \
		constant_value["HP_VERSION_PATCH"]
	for (i = 1; i <= functions; i++)
		write_function(names[i])
	for (i = 1; i <= header_count; i++)
		write_overview(headers[i])
}

function read_extra(    line) {
	while ((getline line < extra) > 0)
		if (line ~ /^# date: /)
			date = substr(line, 9)
		else if (line !~ /^#/)
			extra_line[++extra_lines] = line
	close(extra)
	if (date == "" || !extra_lines) {
		print "pages.awk: " extra " has no date or no text" | "cat >&2"
		exit failed = 1
	}
}

# -- roff -------------------------------------------------------------------

function open_page(name, number, line) {
	page = out "/man" number "/" name "." number
	printf "" > page
	column = 0
	request(".\\\" Made by docs/pages.awk from " header_of_page "; edit that.")
	request(".TH " name " " number " " date " \"hugepersist " version \
		"\" \"hugepersist\"")
	request(".nh")
	request(".ad l")
	request(".SH NAME")
	put(name " \\- " line)
}

function close_page() {
	end_line()
	close(page)
}

function end_line() {
	if (column)
		printf "\n" > page
	column = 0
}

# A line of its own
function request(line) {
	end_line()
	print line > page
}

# Text as it is, filled: no line longer than 78, none that looks like a request.
function put(string,    words, n, i) {
	n = split(string, words, " ")
	for (i = 1; i <= n; i++) {
		if (column && column + length(words[i]) > 77)
			end_line()
		if (column)
			printf " " > page
		else if (words[i] ~ /^[.']/)
			printf "\\&" > page
		printf "%s", words[i] > page
		column += length(words[i]) + 1
	}
	if (string ~ /[.:!?]$/)
		end_line()
}

# Characters that roff takes for something else
function plain(string) {
	gsub(/\\/, "\\e", string)
	gsub(/~/, "\\(ti", string)
	gsub(/\^/, "\\(ha", string)
	gsub(/`/, "\\(ga", string)
	return string
}

# Words with a font: names of this interface, other manual pages, error codes
function styled(string,    words, n, i, word, before, after, all) {
	n = split(plain(string), words, " ")
	for (i = 1; i <= n; i++) {
		word = words[i]
		before = after = ""
		if (match(word, /^["([]+/)) {
			before = substr(word, 1, RLENGTH)
			word = substr(word, RLENGTH + 1)
		}
		if (match(word, /^[a-z_A-Z0-9]+\([1-8]?\)/)) {
			after = substr(word, RLENGTH + 1)
			word = substr(word, 1, RLENGTH)
			word = reference(word)
		} else if (match(word, /^(-E[A-Z]+|HP_[A-Z0-9_]*[A-Z0-9]|hp_[a-z0-9_]+|[A-Z]+_[A-Z_]+)/)) {
			after = substr(word, RLENGTH + 1)
			word = "\\fB" substr(word, 1, RLENGTH) "\\fP"
			sub(/^\\fB-/, "\\fB\\-", word)
		} else if (match(word, /^-[a-z]/))
			word = "\\" word
		# A chapter of the comment that hugepersist(7) is made of
		if (i > 1 && words[i - 1] ~ /^\(?[Ss]ee$/ && page_name ~ /^hp_/ &&
		    match(word, /^[A-Z][A-Z]+( DATA)?/)) {
			after = substr(word, RLENGTH + 1) after
			word = substr(word, 1, RLENGTH) " in " \
				reference(overview(header_of[page_name]) "(7)")
		}
		all = all (i > 1 ? " " : "") before word after
	}
	return all
}

# "name()" or "name(2)"; what is not of this page is to be looked up at its end
function reference(word,    name, number) {
	name = number = word
	sub(/\(.*/, "", name)
	gsub(/.*\(|\)$/, "", number)
	if (number == "" && (name in header_of) && name !~ /_fn$/)
		number = 3
	if (number != "" && name != page_name)
		see[name "(" number ")"] = 1
	return "\\fB" name "\\fP(" (name == page_name ? "" : number) ")"
}

# Paragraphs, lists with " - " and code after a tab
function put_text(lines, from, to,    i, line, kind, was) {
	was = "start"
	for (i = from; i <= to; i++) {
		line = lines[i]
		if (line == "") {
			was = was == "code" ? "code-gap" : \
				was == "start" ? "start" : "gap"
			continue
		}
		kind = line ~ /^\t/ ? "code" : line ~ /^ - / ? "item" : "text"
		if (was ~ /^code/ && kind != "code") {
			end_code()
			was = "gap"
		}
		if (kind == "code") {
			if (was == "code-gap")
				request("")
			else if (was !~ /^code/) {
				request(".PP")
				request(".RS 4")
				request(".EX")
			}
			code_line(line)
		} else if (kind == "item") {
			request(".IP \\(bu 2")
			put(styled(substr(line, 4)))
		} else {
			if (was == "gap")
				request(".PP")
			put(styled(line))
		}
		was = kind
	}
	if (was ~ /^code/)
		end_code()
}

function end_code() {
	request(".EE")
	request(".RE")
	request(".nh")
}

function code_line(line) {
	sub(/^\t/, "", line)
	while (sub(/\t/, "    ", line))
		;
	line = plain(line)
	gsub(/-/, "\\-", line)
	if (line ~ /^[.']/)
		line = "\\&" line
	request(line)
}

# A string with newlines, as paragraphs
function put_paragraphs(string,    lines, n) {
	n = split(string, lines, "\n")
	put_text(lines, 1, n)
}

function tagged(tag, string) {
	request(".TP")
	put(tag)
	end_line()
	put_paragraphs(string == "" ? " " : string)
	end_line()
}

function bold(string) {
	return "\\fB" string "\\fP"
}

function sentence(string) {
	return toupper(substr(string, 1, 1)) substr(string, 2)
}

# -- Pages of functions -----------------------------------------------------

function write_function(name,    i, n, lines, number) {
	page_name = name
	header_of_page = "include/hugepersist/" header_of[name]
	forget(see)
	open_page(name, 3, plain(without_stop(summary[name])))

	request(".SH SYNOPSIS")
	request(".nf")
	request(".B #include <hugepersist/" header_of[name] ">")
	request(".PP")
	put_prototype(prototype[name], name)
	request(".fi")
	request(".PP")
	put("Link with \\fI\\-lhugepersist\\fP.")

	request(".SH DESCRIPTION")
	put(styled(sentence(summary[name])))
	for (i = 1; i <= params[name]; i++)
		tagged("\\fI" param_name[name, i] "\\fP", \
			param_text[name, i])
	n = paragraphs_of(name, lines, 0)
	if (n)
		request(".PP")
	put_text(lines, 1, n)
	n = section_texts[section_of[name]]
	if (n) {
		for (i = 1; i <= n; i++)
			lines[i] = section_text[section_of[name], i]
		request(".PP")
		put_text(lines, 1, n)
	}
	put_types(name)

	request(".SH RETURN VALUE")
	n = paragraphs_of(name, lines, 1)
	if (n)
		put_text(lines, 1, n)
	else if (errors[name] && prototype[name] ~ /\*ret_/)
		put("0, or one of the negative error numbers below; then \\fI" \
			ret_param(prototype[name]) "\\fP is left as it was.")
	else if (errors[name])
		put("0, or one of the negative error numbers below.")
	else
		put(styled(sentence(summary[name])))
	if (errors[name]) {
		request(".SH ERRORS")
		for (i = 1; i <= errors[name]; i++)
			tagged(styled(error_codes[name, i]), \
				error_text[name, i] == "" ? \
				table_text(error_codes[name, i]) : \
				error_text[name, i])
	}
	see[overview(header_of[name]) "(7)"] = 1
	put_references()
	close_page()
}

function overview(file) {
	sub(/\.h$/, "", file)
	return file == "hugepersist" ? file : "hugepersist_" file
}

function without_stop(string) {
	sub(/\.$/, "", string)
	return string
}

function forget(array,    key) {
	for (key in array)
		delete array[key]
}

# The paragraphs that begin with "Returns", or the others
function paragraphs_of(name, lines, returns,    i, n, take, first) {
	n = 0
	first = 1
	for (i = 1; i <= texts[name]; i++) {
		if (first)
			take = (text[name, i] ~ /^Returns /) == returns
		if (take)
			lines[++n] = text[name, i]
		first = text[name, i] == ""
	}
	while (n && lines[n] == "")
		n--
	return n
}

function ret_param(code) {
	sub(/.*\*ret_/, "ret_", code)
	sub(/[,)].*/, "", code)
	return code
}

# One line, or broken after commas with the parameters under each other.
function put_prototype(code, name,    head, rest, args, n, i, line, margin) {
	i = index(code, name "(") + length(name)
	head = substr(code, 1, i)
	rest = substr(code, i + 1)
	n = split(rest, args, ", ")
	margin = sprintf("%" length(head) "s", "")
	line = head args[1]
	for (i = 2; i <= n; i++) {
		if (length(line) + length(args[i]) + 2 > 68) {
			request(".B \"" line ",\"")
			line = margin args[i]
		} else
			line = line ", " args[i]
	}
	request(".B \"" line "\"")
}

# What the table in the first comment says of "-EA" or "-EA, -EB"
function table_text(codes,    list, n, i, all) {
	read_table()
	n = split(codes, list, ", ")
	for (i = 1; i <= n; i++) {
		if (!(list[i] in meaning)) {
			print "no " list[i] " in the table of errors" | "cat >&2"
			exit failed = 1
		}
		all = all (i > 1 ? "; " : "") meaning[list[i]]
	}
	return all
}

function read_table(    i, line, code) {
	if (table_read++)
		return
	for (i = 1; i <= intros["hugepersist.h"]; i++) {
		line = intro["hugepersist.h", i]
		if (line ~ /^\t-E/) {
			code = substr(line, 2)
			sub(/\t.*/, "", code)
			sub(/.*\t/, "", line)
			meaning[code] = line
		} else if (code != "" && line ~ /^\t\t/) {
			sub(/^\t+/, "", line)
			meaning[code] = meaning[code] " " line
		} else
			code = ""
	}
}

# -- Types that a function uses ---------------------------------------------

# "Options:" in a comment names the fields and flags that the call takes.
function options_of(name,    i, all, on) {
	for (i = 1; i <= texts[name]; i++) {
		if (text[name, i] == "")
			on = 0
		if (text[name, i] ~ /^Options: /)
			on = 1
		if (on)
			all = all " " text[name, i]
	}
	return all == "" ? "" : all " "
}

function put_types(name,    i, n, used, all) {
	choice = options_of(name)
	forget(chosen)
	all = prototype[name]
	# A type brings the ones that it is made of.
	do {
		n = 0
		for (i = 1; i <= type_count; i++)
			if (!(types[i] in chosen) && is_used(types[i], name, all)) {
				chosen[types[i]] = 1
				all = all " " code_of(types[i])
				n++
			}
		for (i = 1; i <= fn_type_count; i++)
			if (!(fn_types[i] in chosen) && all ~ (fn_types[i] "[^a-z_]")) {
				chosen[fn_types[i]] = 1
				all = all " " prototype[fn_types[i]]
				n++
			}
	} while (n)
	for (n = 0; n < 2; n++)
		for (i = 1; i <= type_count; i++)
			if (types[i] in chosen && (types[i] ~ /^enum/) == n)
				put_type(types[i], all)
	for (i = 1; i <= fn_type_count; i++)
		if (fn_types[i] in chosen)
			put_function_type(fn_types[i])
}

# Types without a name say in their comment what they belong to.
function is_used(type, name, all,    i, owner) {
	if (type !~ /^enum [0-9]/)
		return all ~ (type "[^a-z_]")
	if (doc[type, 1] ~ (name "\\(\\)"))
		return 1
	if (!match(doc[type, 1], /struct hp_[a-z_]+/))
		return 0
	owner = substr(doc[type, 1], RSTART, RLENGTH)
	return owner in chosen
}

function is_taken(type, i,    item) {
	item = item_name[type, i]
	if (choice == "" || type !~ /^(struct hp_region_opts|enum [0-9]+)$/)
		return 1
	if (type ~ /^enum/ && item !~ /^HP_REGION_/)
		return 1
	if (item == "size")
		return 1
	if (item == "flags")
		return choice ~ /HP_REGION_/
	if (item == "numa_count")
		item = "numa"
	return choice ~ ("[ (]" item "[ ,.;)]")
}

function code_of(type,    i, all) {
	for (i = 1; i <= items[type]; i++)
		if (is_taken(type, i))
			all = all " " item_code[type, i] " " \
				item_text[type, i] " "
	return all
}

function put_type(type, all,    i, n, lines, first, tag) {
	if (type ~ /^enum [0-9]/)
		request(".SS " without_stop(heading(doc[type, 1])))
	else
		request(".SS " type)
	first = type ~ /^enum [0-9]/ ? 2 : 1
	n = 0
	for (i = 1; i <= docs[type]; i++)
		lines[++n] = doc[type, i]
	if (first == 1)
		put_text(lines, 1, n)
	else
		put_rest(lines, n)
	for (i = 1; i <= items[type]; i++) {
		if (!is_taken(type, i))
			continue
		tag = item_tag(type, i)
		while (item_joined[type, i + 1])
			tag = tag ", " item_tag(type, ++i)
		n = i
		while (item_joined[type, n])
			n--
		tagged(tag, item_text[type, n])
	}
}

function item_tag(type, i) {
	return bold(plain(type ~ /^enum/ ? item_name[type, i] : item_code[type, i]))
}

# The first sentence is the heading; what follows is text.
function heading(string) {
	sub(/[.;:] .*/, "", string)
	return string
}

function put_rest(lines, n,    i) {
	if (!sub(/^[^.;:]*[.;:] */, "", lines[1]))
		lines[1] = ""
	lines[1] = sentence(lines[1])
	for (i = 1; i <= n && lines[i] == ""; i++)
		;
	put_text(lines, i, n)
}

function put_function_type(name,    i, lines) {
	request(".SS " name)
	request(".nf")
	put_prototype(prototype[name], name)
	request(".fi")
	request(".PP")
	put(styled(sentence(summary[name])))
	for (i = 1; i <= params[name]; i++)
		tagged("\\fI" param_name[name, i] "\\fP", param_text[name, i])
	for (i = 1; i <= texts[name]; i++)
		lines[i] = text[name, i]
	if (texts[name])
		request(".PP")
	put_text(lines, 1, texts[name])
}

# -- See also ---------------------------------------------------------------

# By section, then by name
function put_references(    key, list, n, i, j, t) {
	n = 0
	for (key in see)
		if (page_name ~ /^hp_/ || key !~ /^hp_/)
			list[++n] = key
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && order(list[j]) < order(list[j - 1]); j--) {
			t = list[j]
			list[j] = list[j - 1]
			list[j - 1] = t
		}
	request(".SH SEE ALSO")
	for (i = 1; i <= n; i++) {
		t = list[i]
		sub(/\(/, " (", t)
		request(".BR " t (i < n ? "," : ""))
	}
}

function order(name,    number) {
	number = name
	sub(/.*\(/, "", number)
	sub(/\(.*/, "", name)
	return number " " name
}

# -- The page of a header ---------------------------------------------------

function write_overview(head,    i, n, lines, line, sources) {
	page_name = overview(head)
	header_of_page = "include/hugepersist/" head " and docs/"
	forget(see)
	n = intros[head]
	for (i = 1; i <= n; i++)
		lines[i] = intro[head, i]
	for (sources = 1; sources <= n; sources++)
		if (lines[sources] ~ /^SOURCES\. /)
			break
	line = lines[1]
	sub(/^hugepersist: /, "", line)
	open_page(page_name, 7, plain(without_stop(line)))
	request(".SH SYNOPSIS")
	request(".nf")
	request(".B #include <hugepersist/" head ">")
	request(".PP")
	request(".B cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs hugepersist)")
	request(".fi")
	request(".SH DESCRIPTION")
	put_chapters(lines, 3, sources - 1)
	for (i = 1; i <= sections; i++)
		if (section_header[i] == head && section_title[i] == "Structures")
			put_section_text(i)
	put_functions(head)
	put_constants(head)
	if (head == "hugepersist.h")
		put_chapters(extra_line, 1, extra_lines)
	put_chapters(lines, sources, n)
	for (i = 1; i <= header_count; i++)
		if (headers[i] != head)
			see[overview(headers[i]) "(7)"] = 1
	put_references()
	close_page()
}

function put_section_text(section,    i, lines) {
	for (i = 1; i <= section_texts[section]; i++)
		lines[i] = section_text[section, i]
	put_chapters(lines, 1, section_texts[section])
}

# "TITLE. Text" begins a section, "-- Heading --" is for readers of the header.
function put_chapters(lines, first, last,    i, from, to, title) {
	from = first
	for (i = first; i <= last + 1; i++) {
		if (i <= last && lines[i] !~ /^[A-Z][A-Z ]+\. / && lines[i] !~ /^-- /)
			continue
		put_chapter(lines, from, i - 1)
		from = i
		if (lines[i] ~ /^-- /)
			from++
		else if (i <= last) {
			title = lines[i]
			sub(/\. .*/, "", title)
			request(".SH " title)
			sub(/^[A-Z ]+\. /, "", lines[i])
		}
	}
}

# Text, in which a table of errors becomes a list
function put_chapter(lines, from, to,    i, start, code, string) {
	while (from <= to && lines[from] == "")
		from++
	while (from <= to && lines[to] == "")
		to--
	for (start = from; from <= to && !is_error(lines[from]); from++)
		;
	put_text(lines, start, from - 1)
	if (from > to)
		return
	for (; from <= to && is_error(lines[from]); from = i) {
		string = lines[from]
		sub(/^\t/, "", string)
		match(string, /^-E[A-Z]+(, -E[A-Z]+)*/)
		code = substr(string, 1, RLENGTH)
		string = substr(string, RLENGTH + 1)
		for (i = from + 1; i <= to && lines[i] ~ /^\t\t/; i++)
			string = string " " lines[i]
		gsub(/\t+/, " ", string)
		sub(/^ +/, "", string)
		tagged(styled(code), string == "" ? table_text(code) : string)
	}
	if (from <= to)
		request(".PP")
	put_text(lines, from, to)
}

function is_error(line) {
	return line ~ /^\t?-E[A-Z]+(, -E[A-Z]+)*(\t|$)/
}

function put_functions(head,    s, i, n) {
	request(".SH FUNCTIONS")
	for (s = 1; s <= sections; s++) {
		if (section_header[s] != head)
			continue
		n = 0
		for (i = 1; i <= functions; i++)
			n += section_of[names[i]] == s
		if (!n)
			continue
		request(".SS " section_title[s])
		for (i = 1; i <= functions; i++) {
			if (section_of[names[i]] != s)
				continue
			request(".TP")
			request(".BR " names[i] " (3)")
			put(styled(sentence(summary[names[i]])))
			end_line()
		}
	}
}

function put_constants(head,    i, tag, name, n, k) {
	request(".SH CONSTANTS")
	for (i = 1; i <= constants; i++) {
		name = constant[i]
		if (header_of[name] != head)
			continue
		if (name ~ /^HP_VERSION_/ && version_told++)
			continue
		if (name ~ /^HP_VERSION_/)
			tag = "HP_VERSION_MAJOR, HP_VERSION_MINOR, HP_VERSION_PATCH"
		else
			tag = name
		while (i < constants && name !~ /^HP_VERSION_/ && same_comment(name, constant[i + 1]))
			tag = tag ", " constant[++i]
		n = ""
		for (k = 1; k <= docs[name]; k++)
			n = n (k > 1 ? "\n" : "") doc[name, k]
		tagged(styled(tag), n)
	}
}

function same_comment(one, other,    i) {
	for (i = 1; i <= docs[one]; i++)
		if (doc[one, i] != doc[other, i])
			return 0
	return 1
}
