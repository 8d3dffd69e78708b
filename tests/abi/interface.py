#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The public interface as the headers, the symbol maps and the man pages tell it.

usage: interface.py compare MAN_DIR HEADER:MAP...
           Print where they differ, and fail if they do. Then change one thing
           after the other, and fail if a change is not noticed.
       interface.py errors MAN_DIR
           Print "NAME -CODE" for each error that a page lists for a function.
           The table of all errors has the NAME hugepersist.
       interface.py calls MAN_DIR
           Print the C header that the tests are compiled with, see documented.h.

A page is docs/man/NAME.SECTION.scd. This is what the script reads in it:

  the line after "# NAME"       the names that the page is installed under
  text between lines of ```     prototypes and structures, word by word
  *HP_X* and a tab below        a constant and what it means
  _field_ and a tab below       a field and what it means
  "# ERRORS", *-EX* and a tab   an error of every function of the page, or after
                                "## hp_x" of that function alone
"""
import os
import re
import sys

CODE = r"-E[A-Z0-9]+"


# -- Headers -------------------------------------------------------------------

def one_line(code):
    """C code without comments, and with one way to write spaces."""
    code = re.sub(r"/\*.*?\*/", " ", code, flags=re.S)
    return " ".join(re.sub(r"([(){};,*\[\]])", r" \1 ", code).split())


def functions_in(code):
    """Name to declaration, of functions and of types of functions."""
    found = {}
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
    for match in re.finditer(r"^[a-z][\w \t]*?[ *](hp_\w+)\([^{};]*\);", code,
                             re.M):
        found[match[1]] = one_line(match[0])
    return found


def structures_in(code):
    """Name to definition."""
    return {match[1]: one_line(match[0]) for match in re.finditer(
        r"^struct (hp_\w+) \{.*?^\};", code, re.M | re.S)}


def fields_of(structure):
    """One definition in one line: its fields, of which one type can have more."""
    return re.findall(r"(\w+)(?: \[[^\]]*\])? [;,]", structure.split("{", 1)[1])


def constants_in(code):
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
    found = re.findall(r"^#define (HP_\w+)", code, re.M)
    for body in re.findall(r"^enum[\w ]* \{(.*?)\};", code, re.M | re.S):
        found += re.findall(r"\b(HP_\w+)(?= =|,|\s*$)", body, re.M)
    return found


def comment_errors(comment):
    """The codes in a comment, and the functions whose codes it takes over."""
    codes, others, but = set(), [], set()
    for line in comment.split("\n"):
        match = re.match(rf" \* ((?:{CODE}(?:, )?)+),?(?:\t|$)", line)
        if match:
            codes |= set(re.findall(CODE, match[1]))
    match = re.search(r"^ \* all(?: else)?\t(.*)", comment, re.M | re.S)
    if match:
        others = re.findall(r"(hp_\w+)\(\)", match[1])
        but = set(re.findall(rf"but for ({CODE})", re.sub(r"\n \*\s+", " ",
                                                          match[1])))
    return codes, others, but


class Header:
    def __init__(self, path, text):
        self.name = os.path.basename(path)
        self.functions = functions_in(text)
        self.types = {name for name, code in self.functions.items()
                      if code.startswith("typedef")}
        self.structures = structures_in(text)
        self.opaque = set(re.findall(r"^struct (hp_\w+);", text, re.M))
        self.enums = set(re.findall(r"^enum (hp_\w+) \{", text, re.M))
        self.constants = constants_in(text)
        self.listed = {
            match[1]: comment_errors(match[2]) for match in re.finditer(
                r"^/\*\n \* (hp_\w+) - (.*?) \*/", text, re.M | re.S)}
        # What goes for every call with a directory stands in the first comment.
        first = re.search(r"^/\*\n \* hugepersist: (.*?) \*/", text,
                          re.M | re.S)
        self.common = comment_errors(first[1])[0] if first else set()


def header_errors(headers):
    """Function to the codes that its comment lists, by itself or by others."""
    listed, common, functions = {}, {}, {}
    for header in headers:
        functions.update(header.functions)
        for name, errors in header.listed.items():
            listed[name] = errors
            common[name] = header.common

    def codes_of(name):
        codes, others, but = listed.get(name, (set(), [], set()))
        codes = set(codes)
        for other in others:
            codes |= codes_of(other)
        if re.search(r"char \* directory", functions[name]):
            codes |= common.get(name, set())
        return codes - but

    return {name: codes_of(name) for header in headers
            for name in header.functions if name not in header.types}


# -- Pages ---------------------------------------------------------------------

class Page:
    def __init__(self, path, text):
        self.name, self.section = os.path.basename(path).split(".")[:2]
        self.text = text
        line = re.search(r"^# NAME\n\n(.*) - .+$", text, re.M)
        self.names = re.split(r", ", line[1]) if line else []
        code = "\n".join(re.findall(r"^```\n(.*?)^```$", text, re.M | re.S))
        self.functions = functions_in(code)
        self.structures = structures_in(code)
        self.included = set(re.findall(r"#include <hugepersist/(.*?)>", code))
        self.constants, self.fields, self.errors = set(), set(), {}
        self.twice = []
        self.read_items(re.sub(r"^```\n.*?^```$", "", text,
                               flags=re.M | re.S))

    def read_items(self, text):
        chapter = function = ""
        lines = text.split("\n")
        for line, below in zip(lines, lines[1:]):
            if line.startswith("# "):
                chapter, function = line[2:], ""
            elif line.startswith("## "):
                function = line[3:]
            elif not below.startswith("\t") or line.startswith("\t"):
                continue
            elif chapter == "ERRORS":
                listed = self.errors.setdefault(function, set())
                for code in re.findall(CODE, line):
                    if code in listed:
                        self.twice.append(code)
                    listed.add(code)
            else:
                self.constants |= set(re.findall(r"\*(HP_\w+)\*", line))
                self.fields |= set(re.findall(r"_(\w+?)_(?=,|$)", line))

    def errors_of(self, function):
        return self.errors.get("", set()) | self.errors.get(function, set())


def page_errors(pages):
    """Function to the codes that its page lists; only an int can be an error."""
    return {name: page.errors_of(name) for page in pages
            for name, code in page.functions.items()
            if page.section == "3" and code.startswith("int ")}


# -- Differences ---------------------------------------------------------------

def both_ways(what, one, one_has, other, other_has):
    for name in sorted(set(one) - set(other)):
        yield f"{what} {name}: in {one_has}, not in {other_has}"
    for name in sorted(set(other) - set(one)):
        yield f"{what} {name}: in {other_has}, not in {one_has}"


def same_code(what, one, other):
    """In a header and in the pages: the same declaration."""
    for name in sorted(set(one) & set(other)):
        if one[name] != other[name]:
            yield (f"{what} {name} differs: the header has '{one[name]}', "
                   f"the page '{other[name]}'")


def map_differences(header, symbols):
    functions = set(header.functions) - header.types
    return both_ways("function", functions, header.name,
                     re.findall(r"^\t(hp_\w+);$", symbols, re.M),
                     f"the map of {header.name}")


def name_differences(headers, pages):
    """Pages are for functions and structures, and each has one."""
    manual = [page for page in pages if page.section == "3"]
    names = [name for page in manual for name in page.names]
    functions = {name for header in headers for name in header.functions
                 if name not in header.types}
    structures = {name for header in headers for name in header.structures}
    for name in sorted(functions - set(names)):
        yield f"function {name}: no page has it in NAME"
    for name in sorted(set(names) - functions - structures):
        yield f"page {name}(3): the headers have nothing of that name"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"page {name}(3): more than one page has it in NAME"
    for page in pages:
        if page.name not in page.names:
            yield f"page {page.name}({page.section}): its NAME has other names"
    for page in manual:
        for header in headers:
            if set(page.names) & set(header.functions) and \
                    header.name not in page.included:
                yield f"page {page.name}(3): does not include {header.name}"


def code_differences(headers, pages):
    for kind in "functions", "structures":
        in_headers, in_pages = {}, {}
        for header in headers:
            in_headers.update(getattr(header, kind))
        for page in pages:
            if page.section == "3":
                in_pages.update(getattr(page, kind))
        yield from both_ways(kind[:-1], in_headers, "the headers", in_pages,
                             "the pages")
        yield from same_code(kind[:-1], in_headers, in_pages)


def item_differences(headers, pages):
    """Each constant and each field is explained, and nothing else is."""
    constants = {name for header in headers for name in header.constants}
    explained = {name for page in pages for name in page.constants}
    yield from both_ways("constant", constants, "the headers", explained,
                         "what the pages explain")
    known = {field for header in headers
             for code in header.structures.values() for field in fields_of(code)}
    for page in pages:
        if page.section != "3":
            continue
        own = {field for code in page.structures.values()
               for field in fields_of(code)}
        where = f"what {page.name}(3) explains"
        if own:
            yield from both_ways("field", own, "its structures", page.fields,
                                 where)
        else:
            for field in sorted(page.fields - known):
                yield f"field {field}: in {where}, in no structure"


def error_differences(headers, pages):
    """
    A header has the errors that a reader should know of. The page has them all,
    which the tests see, by documented.h.
    """
    in_pages = page_errors(pages)
    for name, codes in sorted(header_errors(headers).items()):
        for code in sorted(codes - in_pages.get(name, set())):
            yield (f"error of {name} {code}: in the header's comment, not in "
                   "its page")
    for page in pages:
        for code in page.twice:
            yield f"error {code}: twice in {page.name}({page.section})"
    table = {code for page in pages if page.name == "hugepersist"
             and page.section == "7" for code in page.errors_of("")}
    for page in pages:
        for code in sorted(set(re.findall(CODE + r"(?=\*)", page.text)) - table):
            yield (f"error {code}: in {page.name}({page.section}), not in the "
                   "table of hugepersist(7)")


def word_differences(headers, pages):
    """A page names nothing that is not there."""
    known, constants = set(), set()
    for header in headers:
        known |= set(header.functions) | set(header.structures)
        known |= header.opaque | header.enums
        constants |= set(header.constants)
    manual = {f"{name}({page.section})" for page in pages for name in page.names}
    for page in pages:
        where = f"in {page.name}({page.section})"
        for name in sorted(set(re.findall(r"\bhp_\w+", page.text)) - known):
            yield f"{name}: {where}, not in the headers"
        # HP_X_\* stands for all that begin so.
        words = re.findall(r"\bHP_\w*[A-Z0-9](?!\w|_?\\\*)", page.text)
        for name in sorted(set(words) - constants):
            yield f"{name}: {where}, not in the headers"
        for name, section in re.findall(
                r"\*((?:hp_|hugepersist)[\w-]*)\*\((\d)\)", page.text):
            if f"{name}({section})" not in manual:
                yield f"{name}({section}): {where}, there is no such page"


def differences(texts, libraries):
    """texts: path to content; libraries: (header, map). A list of sentences."""
    headers = [Header(path, texts[path]) for path, _ in libraries]
    pages = [Page(path, text) for path, text in sorted(texts.items())
             if path.endswith(".scd")]
    found = []
    for header, (_, symbols) in zip(headers, libraries):
        found += map_differences(header, texts[symbols])
    for kind in (name_differences, code_differences, item_differences,
                 error_differences, word_differences):
        found += kind(headers, pages)
    return found


# -- Controls ------------------------------------------------------------------

# What is changed, in which file, and what must be said then.
CONTROLS = [
    ("a function less in the header", "hugepersist.h",
     r"uint64_t hp_region_token\(.*?\);", "", "function hp_region_token"),
    ("a function more in the header", "hugepersist.h",
     r"(uint64_t hp_region_)token(\(.*?\);)", r"\g<0>\n\1more\2",
     "function hp_region_more: no page"),
    ("a function less in the map", "hugepersist.map",
     r"\thp_region_token;\n", "", "not in the map"),
    ("a function more in the map", "hugepersist.map",
     r"\thp_region_token;\n", r"\g<0>\thp_region_more;\n",
     "function hp_region_more"),
    ("a page less", "hp_session_seal.3.scd", r".*", "",
     "function hp_session_seal: no page"),
    ("a page for nothing", "hp_region_address.3.scd",
     r"(# NAME\n\n)", r"\1hp_region_more, ", "page hp_region_more"),
    ("another parameter on a page", "hp_session_commit.3.scd",
     r"unsigned int flags", "unsigned long flags", "hp_session_commit differs"),
    ("another header on a page", "hp_session_save.3.scd",
     r"hugepersist/save\.h", "hugepersist/hugepersist.h", "include save.h"),
    ("a flag less in the header", "hugepersist.h",
     r"HP_REGION_MAY_MOVE = ", "HP_REGION_CAN_MOVE = ", "HP_REGION_MAY_MOVE"),
    ("a flag more in the header", "hugepersist.h",
     r"(HP_REGION_)MAY_MOVE = ", r"\1MORE = 1, \g<0>",
     "constant HP_REGION_MORE"),
    ("a flag that a page does not explain", "hp_region_opts.3.scd",
     r"\*HP_REGION_MAY_MOVE\*\n\t.*?\n\n", "", "constant HP_REGION_MAY_MOVE"),
    ("a flag that only a page has", "hp_session_commit.3.scd",
     r"\*HP_COMMIT_DROP\*\n\t", r"*HP_COMMIT_MORE*\n\tMore.\n\n\g<0>",
     "constant HP_COMMIT_MORE"),
    ("a field less in the header", "hugepersist.h",
     r"\tuint64_t updates;", "", "structure hp_session_info differs"),
    ("a field of another type", "hp_session_info.3.scd",
     r"\tuint64_t updates;", "\tunsigned int updates;",
     "structure hp_session_info differs"),
    ("a field that a page does not explain", "hp_session_info.3.scd",
     r"_updates_\n\t.*?\n\n", "", "field updates"),
    ("a field that only a page explains", "hp_session_info.3.scd",
     r"_updates_\n\t", r"_more_\n\tMore.\n\n\g<0>", "field more"),
    ("an error more in the header", "hugepersist.h",
     r"( \* hp_session_seal - .*?)\n \* -ENOENT\t", r"\1\n * -EIO\tx\g<0>",
     "error of hp_session_seal -EIO"),
    ("an error that a page does not list", "hp_session_commit.3.scd",
     r"\*-ENOMSG\*\n\t.*?\n\n", "", "error of hp_session_commit -ENOMSG"),
    ("an error of one function given to all of the page",
     "hp_session_seal.3.scd", r"## hp_session_seal\n\n",
     "## hp_session_unseal\n\n", "error of hp_session_seal -ENOENT"),
    ("an error that a function of save.h takes over", "hp_session_load.3.scd",
     r"\*-ESTALE\*\n\t.*?\n\n", "", "error of hp_session_load -ESTALE"),
    ("an error twice on a page", "hp_session_commit.3.scd",
     r"\*-EAGAIN\*\n\t", r"*-EPROTO*\n\tAgain.\n\n\g<0>",
     "error -EPROTO: twice"),
    ("an error that the table lacks", "hugepersist.7.scd",
     r"\*-ESTALE\*\n\t.*?\n\n", "", "error -ESTALE"),
    ("a word that the header does not have", "hp_session_open.3.scd",
     r"sum of \*HP_SESSION_LOCAL\*", "sum of *HP_SESSION_MORE*",
     "HP_SESSION_MORE"),
    ("a page that is not there", "hp_session_open.3.scd",
     r"# SEE ALSO\n\n", r"\g<0>*hugepersist-more*(7), ",
     "hugepersist-more(7)"),
]


def run_controls(texts, libraries):
    failed = 0
    for what, file, old, new, must_say in CONTROLS:
        path = next(path for path in texts if os.path.basename(path) == file)
        changed = dict(texts)
        changed[path] = re.sub(old, new, texts[path], count=1, flags=re.S)
        if changed[path] == texts[path]:
            print(f"the control changes nothing: {what}", file=sys.stderr)
            failed += 1
        elif not any(must_say in line
                     for line in differences(changed, libraries)):
            print(f"not noticed: {what}", file=sys.stderr)
            failed += 1
    print(f"{len(CONTROLS) - failed} of {len(CONTROLS)} changes are noticed")
    return failed


# -- What is printed -----------------------------------------------------------

def read(*paths):
    texts = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            texts[path] = file.read()
    return texts


def sources(man):
    return [os.path.join(man, name) for name in sorted(os.listdir(man))
            if name.endswith(".scd")]


def pages_in(man):
    return [Page(path, text) for path, text in read(*sources(man)).items()]


def compare(man, *libraries):
    libraries = [tuple(library.split(":")) for library in libraries]
    texts = read(*sources(man), *(path for pair in libraries for path in pair))
    found = differences(texts, libraries)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        return 1
    functions = sum(len(page_texts.functions) for page_texts in pages_in(man)
                    if page_texts.section == "3")
    print(f"{functions} functions and function types are the same in headers, "
          "maps and pages")
    return 1 if run_controls(texts, libraries) else 0


def errors(man):
    pages = pages_in(man)
    for page in pages:
        if page.name == "hugepersist" and page.section == "7":
            for code in sorted(page.errors_of("")):
                print("hugepersist", code)
    for name, codes in sorted(page_errors(pages).items()):
        for code in sorted(codes):
            print(name, code)
    return 0


def calls(man):
    print("/* Made by tests/abi/interface.py from the man pages. */")
    print("#include <errno.h>")
    # With all that declares one of the names below.
    print('#include "documented.h"')
    for name, codes in sorted(page_errors(pages_in(man)).items()):
        if not codes:
            continue
        numbers = "".join(f"{code[1:]}, " for code in sorted(codes))
        print(f"\nstatic const int {name}_lists[] = {{ {numbers}0 }};")
        for function in name, name + "_on":
            print(f"#define {function}(...) "
                  f"HP_DOCUMENTED({name}, {function}, __VA_ARGS__)")
    print("\nstatic const struct hp_documented_list hp_documented_lists[] = {")
    for name, codes in sorted(page_errors(pages_in(man)).items()):
        if codes:
            print(f'\t{{ "{name}", {name}_lists }},')
    print("\t{ NULL, NULL }\n};")
    return 0


def main(arguments):
    commands = {"compare": compare, "errors": errors, "calls": calls}
    if len(arguments) < 2 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[arguments[0]](*arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
