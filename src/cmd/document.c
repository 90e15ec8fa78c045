#include "cmd/document.h"

void pk_document_release(struct pk_document *document)
{
	cJSON_Delete(document->root);
	*document = (struct pk_document)PK_DOCUMENT_INIT;
}

void pk_document_begin(struct pk_document *document, bool json)
{
	document->json = json;
	document->root = cJSON_CreateObject();
}

static void add_error(cJSON *root, const struct pk_err *err)
{
	pk_json_set_str(root, "error", err->msg);
	pk_json_set_str(root, "sqlstate", *err->sqlstate ? err->sqlstate : NULL);
	pk_json_set_str(root, "detail", err->detail);
	pk_json_set_str(root, "hint", err->hint);
	pk_json_set_str(root, "file", err->file);
	if (err->line)
		pk_json_set_num(root, "line", err->line);
	if (err->col)
		pk_json_set_num(root, "column", err->col);
}

int pk_document_end(struct pk_document *document, int status, const struct pk_err *err)
{
	cJSON *root = document->root;

	if (!cJSON_HasObjectItem(root, "ok"))
		pk_json_set_bool(root, "ok", status == 0);
	if (status < 0 && err && err->msg)
		add_error(root, err);
	if (document->json) {
		pk_print_json(root);
		document->root = NULL;
	}
	return status;
}
