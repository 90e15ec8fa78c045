#include "cmd/demo_edit.h"
#include "base/fs.h"

#define SCHEMA "db/schema"

/* Puts text at the first place after `anchor` where `before` begins, in the schema file that has the anchor. */
static int insert(const char *shop, const char *anchor, const char *before, const char *text,
		  struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(shop, SCHEMA);
	PK_AUTO(pk_strv) files = PK_STRV_INIT;

	if (pk_list_files(dir, ".sql", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		PK_FREE char *path = pk_path_join(dir, files.items[i]);
		PK_AUTO(pk_buf) old = PK_BUF_INIT;
		PK_AUTO(pk_buf) edited = PK_BUF_INIT;
		const char *at;

		if (pk_read_file(path, &old, err) < 0)
			return -1;
		at = strstr(old.ptr, anchor);
		at = at ? strstr(at, before) : NULL;
		if (!at)
			continue;
		pk_buf_addn(&edited, old.ptr, (size_t)(at - old.ptr));
		pk_buf_add(&edited, text);
		pk_buf_add(&edited, at);
		return pk_write_file(path, edited.ptr, edited.len, 0644, err);
	}
	return pk_err_set(err, "no schema file has '%s'", anchor);
}

static int create(const char *shop, const char *file, const char *text, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(shop, SCHEMA);
	PK_FREE char *path = pk_path_join(dir, file);

	return pk_write_file(path, text, strlen(text), 0644, err);
}

int pk_demo_edit_feature(const char *shop, struct pk_err *err)
{
	if (insert(shop, "CREATE TABLE public.customers (", "\n    CONSTRAINT",
		   "\n    loyalty_points integer DEFAULT 0 NOT NULL,", err) < 0 ||
	    insert(shop, "CREATE VIEW public.order_totals", "\n   FROM", ",\n    count(*) AS lines",
		   err) < 0)
		return -1;
	if (create(shop, "tables/coupons.sql",
		   "CREATE TABLE public.coupons (\n"
		   "    code text PRIMARY KEY,\n"
		   "    customer_id bigint NOT NULL REFERENCES public.customers (id) ON DELETE CASCADE,\n"
		   "    percent integer NOT NULL CHECK (percent BETWEEN 1 AND 90),\n"
		   "    redeemed_at timestamptz\n"
		   ");\n"
		   "GRANT SELECT, UPDATE ON public.coupons TO shop_app;\n",
		   err) < 0)
		return -1;
	return create(shop, "indexes/orders_customer_id_idx.sql",
		      "CREATE INDEX orders_customer_id_idx ON public.orders (customer_id);\n", err);
}

int pk_demo_edit_index(const char *shop, struct pk_err *err)
{
	return create(shop, "indexes/orders_shipped_at_idx.sql",
		      "CREATE INDEX orders_shipped_at_idx ON public.orders (shipped_at);\n", err);
}
