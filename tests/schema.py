#!/usr/bin/env python3
"""Checks JSON values against a JSON Schema, with the standard library only.

Knows the part of draft 7 that ../shared/data/google-nearbysearch.schema.json uses: $ref into the same
document, type, required, properties, items (one schema for all), enum. A keyword that it does not
know is an error, so that no schema is ever half checked without anyone noticing.

    from schema import load, validate
    validate(load("some.schema.json"), json.loads(text))    # raises Invalid

    tests/schema.py some.schema.json answer.json            # or the value on standard input
"""

import json
import sys

ANNOTATIONS = {"$schema", "$id", "$comment", "title", "description", "default", "example",
               "examples", "deprecated", "definitions"}

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: (isinstance(v, int) and not isinstance(v, bool))
    or (isinstance(v, float) and v.is_integer()),
}


class Invalid(ValueError):
    """The value breaks the schema; `problems` holds one line for each place where it does."""

    def __init__(self, problems):
        super().__init__("\n".join(problems))
        self.problems = problems


def validate(schema, value):
    """Raises Invalid, naming every place where `value` breaks `schema`; returns None otherwise."""
    problems = []
    _check(schema, schema, value, "$", problems)
    if problems:
        raise Invalid(problems)


def load(path):
    """The JSON of a file. NaN and Infinity, which Python would take, are refused as JSON does."""
    with open(path, encoding="utf-8") as file:
        return loads(file.read())


def loads(text):
    """The JSON of a text, by the strict rules of `load`."""

    def refuse(word):
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def _resolve(root, reference):
    if not reference.startswith("#"):
        raise NotImplementedError(f"$ref to another document: {reference}")
    node = root
    for part in reference[1:].split("/")[1:]:
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def _same(a, b):
    # In JSON true is not 1, in Python it is.
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _check(root, schema, value, path, problems):
    if "$ref" in schema:  # draft 7: what stands beside a $ref is ignored
        _check(root, _resolve(root, schema["$ref"]), value, path, problems)
        return
    for keyword, rule in schema.items():
        if keyword in ANNOTATIONS:
            continue
        if keyword == "type":
            names = rule if isinstance(rule, list) else [rule]
            if not any(TYPES[name](value) for name in names):
                problems.append(f"{path}: is {json.dumps(value)[:60]}, must be {' or '.join(names)}")
        elif keyword == "enum":
            if not any(_same(value, allowed) for allowed in rule):
                problems.append(f"{path}: is {json.dumps(value)[:60]}, must be one of {json.dumps(rule)}")
        elif keyword == "required":
            if isinstance(value, dict):
                problems.extend(f"{path}: lacks \"{key}\"" for key in rule if key not in value)
        elif keyword == "properties":
            if isinstance(value, dict):
                for key, inner in rule.items():
                    if key in value:
                        _check(root, inner, value[key], f"{path}.{key}", problems)
        elif keyword == "items":
            if isinstance(value, list):
                for i, item in enumerate(value):
                    _check(root, rule, item, f"{path}[{i}]", problems)
        else:
            raise NotImplementedError(f"schema keyword \"{keyword}\" at {path}")


def main(arguments):
    if len(arguments) not in (1, 2):
        print("usage: schema.py SCHEMA [FILE]    (without FILE: standard input)", file=sys.stderr)
        return 2
    try:
        schema = load(arguments[0])
        value = load(arguments[1]) if len(arguments) == 2 else loads(sys.stdin.read())
        validate(schema, value)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
