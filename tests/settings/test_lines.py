"""Line numbers of keys in TOML and JSON, through every construct that can hide one."""

from __future__ import annotations

import tomllib

from kit_tui.settings.lines import JsonLines, TomlLines

TOML = '''\
# [not.a.table]
top = "a # b [c]"
"quoted key".'other' = 1

[section] # comment
text = """
[fake]
key = 1
"""
raw = \'\'\'
more = 2\'\'\'
list = [ # comment ]
  "x, ]",
  { inner = 1, deep.er = [1, 2] },
]
after = 2026-11-22T14:03:00Z

[a."b.c".d]
value = -1.5e3
[[many]]
one = 1
[[many]]
two = 2
last.dotted.key = {}'''


def test_toml_keys_are_found_on_their_lines() -> None:
    assert tomllib.loads(TOML)
    lines = TomlLines(TOML).lines
    assert lines["top",] == 2
    assert lines["quoted key", "other"] == 3
    assert lines["section",] == 5
    assert lines["section", "text"] == 6
    assert lines["section", "raw"] == 10
    assert lines["section", "list"] == 12
    assert lines["section", "list", "0"] == 13
    assert lines["section", "list", "1", "inner"] == 14
    assert lines["section", "list", "1", "deep", "er"] == 14
    assert lines["section", "after"] == 16
    assert lines["a", "b.c", "d", "value"] == 19
    assert lines["many", "one"] == 21
    assert lines["many", "two"] == 23
    assert lines["many", "last", "dotted", "key"] == 24
    assert ("fake",) not in lines
    assert ("section", "key") not in lines
    assert ("section", "more") not in lines


def test_json_keys_are_found_on_their_lines_and_repeats_are_noticed() -> None:
    text = '{\n "a": {"b": "}\\"",\n  "c": [1,\n {"d": null}]},\n "a": true}'
    scan = JsonLines(text)
    assert scan.lines["a", "b"] == 2
    assert scan.lines["a", "c"] == 3
    assert scan.lines["a", "c", "1", "d"] == 4
    assert scan.repeated == [("a",)]
