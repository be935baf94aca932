"""What Athena's functions mean, where DuckDB's of the same name mean something else or do not exist.

`infra.local.athena_to_duckdb` sends every call of a function named here to the macro `athena_<name>`. Trino 435's
documentation is the source ("Functions and operators"); what a macro cannot express is refused, never approximated.
"""

from __future__ import annotations

_MILLIS = "%Y-%m-%d %H:%M:%S.%g"

# name: (parameters, what it means in DuckDB). A name may stand there several times, with other numbers of parameters.
_MACROS: tuple[tuple[str, str, str], ...] = (
    # JSON: what is no JSON gives null, and only a scalar has a text
    (
        "json_extract_scalar",
        "j, p",
        "CASE WHEN json_valid(j) AND json_type(j, p) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN j ->> p END",
    ),
    ("json_extract", "j, p", "CASE WHEN json_valid(j) THEN json_extract(j, p) END"),
    ("json_array_get", "j, i", "CASE WHEN json_valid(j) THEN json_extract(j, '$[' || i || ']') END"),
    (
        "json_array_length",
        "j",
        "CASE WHEN json_valid(j) AND json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END",
    ),
    (
        "json_size",
        "j, p",
        "CASE WHEN NOT json_valid(j) OR json_type(j, p) IS NULL THEN NULL WHEN json_type(j, p) = 'ARRAY' "
        "THEN CAST(json_array_length(j, p) AS BIGINT) WHEN json_type(j, p) = 'OBJECT' "
        "THEN len(json_keys(j, p)) ELSE 0 END",
    ),
    # text
    ("regexp_extract", "s, p", "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END"),
    ("regexp_extract", "s, p, g", "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END"),
    ("split", "s, d", "string_split(s, d)"),
    (
        "split",
        "s, d, n",
        "CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d) ELSE list_append("
        "string_split(s, d)[1:n - 1], array_to_string(string_split(s, d)[n:], d)) END",
    ),
    ("split_part", "s, d, n", "CASE WHEN n <= len(string_split(s, d)) THEN string_split(s, d)[n] END"),
    ("codepoint", "s", "unicode(s)"),
    (
        "url_extract_host",
        "u",
        "nullif(regexp_extract(u, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/@?#]*@)?([^/:?#]*)', 1), '')",
    ),
    ("url_extract_path", "u", "regexp_extract(u, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)', 1)"),
    # a timestamp(3) as text always has its milliseconds
    (
        "varchar",
        "x",
        f"CASE typeof(x) WHEN 'TIMESTAMP' THEN strftime(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP), '{_MILLIS}') "
        f"WHEN 'TIMESTAMP WITH TIME ZONE' THEN strftime(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMPTZ), '{_MILLIS} UTC') "
        "ELSE CAST(x AS VARCHAR) END",
    ),
    (
        "to_iso8601",
        "x",
        "CASE typeof(x) WHEN 'DATE' THEN CAST(x AS VARCHAR) "
        "WHEN 'TIMESTAMP' THEN strftime(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%g') "
        "ELSE strftime(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMPTZ), '%Y-%m-%dT%H:%M:%S.%gZ') END",
    ),
    # time
    ("millisecond", "x", "extract('millisecond' FROM x) % 1000"),
    # arrays
    ("array_position", "l, e", "CASE WHEN l IS NOT NULL AND e IS NOT NULL THEN coalesce(list_position(l, e), 0) END"),
    ("array_union", "a, b", "list_distinct(list_concat(a, b))"),
    ("array_intersect", "a, b", "list_distinct(list_filter(a, LAMBDA x : list_contains(b, x)))"),
    ("array_join", "l, d", "array_to_string(list_filter(l, LAMBDA x : x IS NOT NULL), d)"),
    ("array_join", "l, d, n", "array_to_string(list_transform(l, LAMBDA x : coalesce(CAST(x AS VARCHAR), n)), d)"),
    ("arrays_overlap", "a, b", "list_has_any(a, b)"),
    # Trino refuses more as well.
    (
        "repeat",
        "e, n",
        "CASE WHEN n > 10000 THEN error('count argument of repeat function must be less than or equal "
        "to 10000') ELSE list_transform(range(n), LAMBDA x : e) END",
    ),
    ("slice", "l, start, n", "list_slice(l, start, start + n - 1)"),
    (
        "split_to_map",
        "s, d, k",
        "map_from_entries(list_transform(string_split(s, d), "
        "LAMBDA x : struct_pack(key := string_split(x, k)[1], value := string_split(x, k)[2])))",
    ),
    # numbers
    ("approx_percentile", "x, p", "approx_quantile(x, p)"),
    ("nan", "", "CAST('nan' AS DOUBLE)"),
    ("infinity", "", "CAST('infinity' AS DOUBLE)"),
    (
        "typeof",
        "x",
        "CASE typeof(x) WHEN 'TIMESTAMP' THEN 'timestamp(3)' WHEN 'FLOAT' THEN 'real' WHEN 'BLOB' THEN 'varbinary' "
        "WHEN 'TIMESTAMP WITH TIME ZONE' THEN 'timestamp(3) with time zone' WHEN 'HUGEINT' THEN 'bigint' "
        "WHEN '\"NULL\"' THEN 'unknown' ELSE lower(typeof(x)) END",
    ),
)

NAMES = frozenset(name for name, _, _ in _MACROS)


def statements() -> list[str]:
    """The CREATE MACRO statements, all overloads of a name in one."""
    overloads: dict[str, list[str]] = {}
    for name, parameters, meaning in _MACROS:
        overloads.setdefault(name, []).append(f"({parameters}) AS ({meaning})")
    return [f"CREATE MACRO athena_{name} {', '.join(texts)}" for name, texts in overloads.items()]
