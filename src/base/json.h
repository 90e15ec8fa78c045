/*
 * JSON documents: the only header that knows cJSON. Values are cJSON's own; these helpers add what
 * it lacks. 64-bit numbers go as strings.
 */
#ifndef PK_JSON_H
#define PK_JSON_H

#include "base/err.h"
#include <cjson/cJSON.h>

struct pk_json {
	cJSON *root;
};
#define PK_JSON_INIT { 0 }

void pk_json_release(struct pk_json *json);
/* Strict: trailing bytes, duplicate keys and nesting over 100 levels are errors. */
int pk_json_parse(const char *text, size_t len, struct pk_json *ret, struct pk_err *err);
/*
 * Indented, newline at the end. What cannot be seen or turns text is spelled \uXXXX, what is no UTF-8 is U+FFFD. Caller frees.
 */
char *pk_json_print(const cJSON *value);
char *pk_json_line(const cJSON *value); /* the same on one line, without a newline; caller frees */
const char *pk_json_str(const cJSON *object, const char *key);     /* borrowed; NULL when absent or no string */
double pk_json_num(const cJSON *object, const char *key, double fallback);
bool pk_json_bool(const cJSON *object, const char *key);           /* absent: false */
cJSON *pk_json_array(const cJSON *object, const char *key);        /* NULL when absent or no array */
void pk_json_set_str(cJSON *object, const char *key, const char *value); /* NULL adds nothing; replaces */
void pk_json_set_num(cJSON *object, const char *key, double value);
void pk_json_set_bool(cJSON *object, const char *key, bool value);
cJSON *pk_json_add_array(cJSON *object, const char *key);
cJSON *pk_json_add_object(cJSON *object_or_array, const char *key); /* key NULL: appended to an array */

#endif
