#include "cmd/document.h"

#include "base/clock.h"
#include "base/fs.h"
#include "cmd/help.h"
#include "report/report.h"

#include <unistd.h>

void pk_document_release(struct pk_document *document)
{
	cJSON_Delete(document->root);
	*document = (struct pk_document)PK_DOCUMENT_INIT;
}

/* A folder that is not there yet will be made. */
static int check_place(const char *file, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_dir(file);

	if (!*file || pk_path_is_dir(file))
		return pk_err_set(err, "--html: '%s' is a folder, and the page is a file", file);
	while (!pk_path_exists(dir)) {
		char *up = pk_path_dir(dir);

		free(dir);
		dir = up;
	}
	return access(dir, W_OK) == 0 ? 0 : pk_err_errno(err, "--html: cannot write to '%s'", dir);
}

static bool is_output(const struct pk_document *document)
{
	return document->html && strcmp(document->html, "-") == 0;
}

int pk_document_begin(struct pk_document *document, const char *command, bool json,
		      const char *html, struct pk_err *err)
{
	*document = (struct pk_document){
		.command = command, .json = json, .html = html, .root = cJSON_CreateObject()
	};
	if (json && is_output(document))
		return pk_help_usage(
			command, err,
			"--json and --html - both go to standard output: give the page a file");
	return html && !is_output(document) ? check_place(html, err) : 0;
}

bool pk_document_is_wanted(const struct pk_document *document)
{
	return document->json || document->html;
}

bool pk_document_owns_output(const struct pk_document *document)
{
	return document->json || is_output(document);
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

static int write_page(const struct pk_document *document, struct pk_err *err)
{
	PK_FREE char *nonce = pk_random_hex(16), *when = pk_time_iso(pk_time());
	PK_AUTO(pk_buf) page = PK_BUF_INIT;
	const struct pk_report_about about = {
		.command = document->command,
		.version = PK_VERSION,
		.when = when,
		.nonce = nonce,
	};

	pk_report_html(document->root, &about, &page);
	if (is_output(document))
		return fwrite(page.ptr, 1, page.len, stdout) == page.len
			       ? 0
			       : pk_err_errno(err, "cannot write the page");
	return pk_write_file(document->html, page.ptr, page.len, 0644, err);
}

int pk_document_end(struct pk_document *document, int status, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	cJSON *root = document->root;
	int result = status;

	if (!cJSON_HasObjectItem(root, "ok"))
		pk_json_set_bool(root, "ok", status == 0);
	if (status < 0 && err && err->msg)
		add_error(root, err);
	if (document->html && write_page(document, &why) < 0) {
		if (status < 0)
			pk_err_print(&why);
		else
			pk_err_move(err, &why);
		result = -1;
	}
	if (document->json) {
		pk_print_json(root);
		document->root = NULL;
	}
	return result;
}
