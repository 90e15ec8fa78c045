#include "cmd/forms.h"

#include "lint/render.h"

/* A document of somebody else's format, which has no place for ours. */
static void print_document(cJSON *root)
{
	PK_FREE char *text = pk_json_print(root);

	fputs(text, stdout);
	cJSON_Delete(root);
}

static void print_sarif(const struct pk_findings *findings)
{
	print_document(pk_render_sarif(findings, PK_VERSION));
}

static void print_gitlab(const struct pk_findings *findings)
{
	print_document(pk_render_gitlab(findings));
}

static void print_github(const struct pk_findings *findings)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_render_github(findings, &text);
	fputs(text.ptr, stdout);
}

static void print_markdown(const struct pk_findings *findings)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_render_markdown(findings, &text);
	fputs(text.ptr, stdout);
}

static const struct form {
	const char *name;
	void (*print)(const struct pk_findings *findings);
} forms[] = {
	{ "text", NULL },	    { "json", NULL },		{ "sarif", print_sarif },
	{ "gitlab", print_gitlab }, { "github", print_github }, { "markdown", print_markdown },
};

static const struct form *find(const char *name)
{
	for (size_t i = 0; i < PK_COUNT(forms); i++)
		if (pk_streq(forms[i].name, name))
			return &forms[i];
	return NULL;
}

bool pk_form_known(const char *name)
{
	return find(name) != NULL;
}

bool pk_form_print(const char *name, const struct pk_findings *findings)
{
	const struct form *form = find(name);

	if (!form || !form->print)
		return false;
	form->print(findings);
	return true;
}
