/*
 * limits.c -- what one run may use up: names, values, how they merge.
 *
 * The responder has the same table as options of its own and holds every
 * value to its ceilings; here a mistake is told when httpd starts.
 */
#include "mod_wasm.h"

#define UNSET (-1)
#define UNLIMITED APR_INT64_MAX
#define KIB APR_INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define HOUR_MS APR_INT64_C(3600000)
/* the greatest whole number that the responder can tell from its next */
#define MOST APR_INT64_C(9007199254740991)

typedef enum {
    COUNT,
    SIZE,       /* bytes */
    DURATION    /* ms */
} limit_kind;

typedef struct {
    const char *name;
    limit_kind kind;
    int may_be_unlimited;
    apr_int64_t min;
    apr_int64_t max;
    apr_int64_t step;
    const char *range;
} limit_row;

static const limit_row rows[WASM_LIMITS] = {
    {"timeout", DURATION, 0, 1, HOUR_MS, 1, "from 1ms to 1h"},
    {"cpu-time", DURATION, 1, 1, HOUR_MS, 1, "from 1ms to 1h or unlimited"},
    {"memory", SIZE, 0, 64 * KIB, 4 * GIB, 64 * KIB,
     "from 64KiB to 4GiB in steps of 64KiB"},
    {"table", COUNT, 0, 0, 1000000, 1, "from 0 to 1000000"},
    {"open-files", COUNT, 0, 3, 65536, 1, "from 3 to 65536"},
    {"file-size", SIZE, 1, 0, MOST, 1, "a size or unlimited"},
    {"written", SIZE, 1, 0, MOST, 1, "a size or unlimited"},
    {"output", SIZE, 1, 0, MOST, 1, "a size or unlimited"},
    {"stderr", SIZE, 0, 0, GIB, 1, "from 0 to 1GiB"},
    {"request-body", SIZE, 1, 0, MOST, 1, "a size or unlimited"},
    {"outgoing-requests", COUNT, 0, 0, 1000000, 1, "from 0 to 1000000"},
    {"outgoing-open", COUNT, 0, 0, 1000, 1, "from 0 to 1000"},
    {"outgoing-connect", DURATION, 0, 1, HOUR_MS, 1, "from 1ms to 1h"},
    {"outgoing-first-byte", DURATION, 0, 1, HOUR_MS, 1, "from 1ms to 1h"},
    {"outgoing-between-bytes", DURATION, 0, 1, HOUR_MS, 1, "from 1ms to 1h"},
    {"outgoing-head", SIZE, 0, 0, MIB, 1, "from 0 to 1MiB"},
    {"outgoing-sent", SIZE, 1, 0, MOST, 1, "a size or unlimited"},
    {"outgoing-received", SIZE, 1, 0, MOST, 1, "a size or unlimited"},
};

/* The first of a kind is that of a bare number. */
static const struct {
    limit_kind kind;
    const char *name;
    apr_int64_t factor;
} units[] = {
    {COUNT, "", 1},
    {SIZE, "", 1}, {SIZE, "B", 1},
    {SIZE, "K", KIB}, {SIZE, "KiB", KIB},
    {SIZE, "M", MIB}, {SIZE, "MiB", MIB},
    {SIZE, "G", GIB}, {SIZE, "GiB", GIB},
    {DURATION, "", 1000}, {DURATION, "ms", 1}, {DURATION, "s", 1000},
    {DURATION, "m", 60000}, {DURATION, "min", 60000},
    {DURATION, "h", HOUR_MS},
};

static const char *const units_of[] = {
    "", " (units B, KiB, MiB, GiB; B if none)",
    " (units ms, s, min, h; s if none)"
};

void wasm_limits_unset(wasm_limits limits)
{
    int i;

    for (i = 0; i < WASM_LIMITS; i++)
        limits[i] = UNSET;
}

/* "64MiB" in bytes, "5" in milliseconds; UNSET for what is no quantity */
static apr_int64_t quantity(limit_kind kind, const char *text)
{
    apr_int64_t number = 0;
    const char *unit = text;
    apr_size_t i;

    while (apr_isdigit(*unit) && number <= MOST / 10)
        number = 10 * number + (*unit++ - '0');
    if (unit == text)
        return UNSET;
    if (*unit == ' ')
        unit++;
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].kind == kind && strcmp(units[i].name, unit) == 0)
            return number <= MOST / units[i].factor
                   ? number * units[i].factor : UNSET;
    }
    return UNSET;
}

static apr_int64_t value_of(const limit_row *row, const char *text)
{
    apr_int64_t value;

    if (row->may_be_unlimited && strcmp(text, "unlimited") == 0)
        return UNLIMITED;
    value = quantity(row->kind, text);
    return value >= row->min && value <= row->max && value % row->step == 0
           ? value : UNSET;
}

static const char *all_names(apr_pool_t *p)
{
    const char *names = rows[0].name;
    int i;

    for (i = 1; i < WASM_LIMITS; i++)
        names = apr_pstrcat(p, names, ", ", rows[i].name, NULL);
    return names;
}

/* Answers NULL, or what is wrong with the name or the value. */
const char *wasm_limit_set(apr_pool_t *p, wasm_limits limits,
                           const char *name, const char *text)
{
    int i;

    for (i = 0; i < WASM_LIMITS; i++) {
        if (strcasecmp(rows[i].name, name) != 0)
            continue;
        limits[i] = value_of(&rows[i], text);
        return limits[i] != UNSET ? NULL
               : apr_pstrcat(p, "must be ", rows[i].range,
                             units_of[rows[i].kind], NULL);
    }
    return apr_pstrcat(p, "the name must be one of ", all_names(p), NULL);
}

/* What the admin sets replaces what held so far, also what .htaccess files
 * have lowered; those only lower one another. */
void wasm_limits_merge(wasm_dir_conf *conf, const wasm_dir_conf *base,
                       const wasm_dir_conf *add)
{
    int i;

    for (i = 0; i < WASM_LIMITS; i++) {
        if (add->limits[i] != UNSET)
            continue;
        conf->limits[i] = base->limits[i];
        if (base->lower[i] != UNSET && (add->lower[i] == UNSET
                || base->lower[i] < add->lower[i]))
            conf->lower[i] = base->lower[i];
    }
}

/* Answers NULL, or what is wrong with the text of a WasmSnapshotMaxAge. */
const char *wasm_snapshot_age_set(apr_int64_t *age, const char *text)
{
    *age = quantity(DURATION, text);
    return *age >= 1000 && *age <= 168 * HOUR_MS ? NULL
           : "must be from 1s to 168h (units ms, s, min, h; s if none)";
}

/* "WASM_LIMIT_CPU_TIME" and "1500ms" of limit i; 0 where it is not set */
int wasm_limit_param(apr_pool_t *p, const wasm_limits limits, int i,
                     const char *prefix, wasm_pair *param)
{
    char *name, *at;

    if (limits[i] == UNSET)
        return 0;
    name = apr_pstrcat(p, prefix, rows[i].name, NULL);
    for (at = name; *at; at++)
        *at = *at == '-' ? '_' : apr_toupper(*at);
    param->name = name;
    param->value = limits[i] == UNLIMITED ? "unlimited"
                   : apr_psprintf(p, "%" APR_INT64_T_FMT "%s", limits[i],
                                  rows[i].kind == DURATION ? "ms" : "");
    return 1;
}

/* The timeout that a line of the configuration sets, else 0. */
apr_interval_time_t wasm_limit_timeout(apr_pool_t *p, const char *directive,
                                       const char *args)
{
    apr_int64_t ms;

    if (strcasecmp(directive, "WasmLimit") == 0) {
        if (strcasecmp(ap_getword_conf(p, &args), rows[0].name) != 0)
            return 0;
    }
    else if (strcasecmp(directive, "WasmTimeout") != 0) {
        return 0;
    }
    ms = value_of(&rows[0], ap_getword_conf(p, &args));
    return ms == UNSET ? 0 : apr_time_from_msec(ms);
}
