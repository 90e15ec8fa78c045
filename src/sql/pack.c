/*
 * Parse trees as protobuf, in place of libpg_query's own functions of these names, by which it gives trees to us and takes
 * them back. Those go through all fields of each message, and a node has more than two hundred, of which one is set: that
 * was most of the time of parsing. The encoding is the same to the byte (https://protobuf.dev/programming-guides/encoding/).
 *
 * Of a shared libpg_query these names stand before its own. Of a static one the linker leads all calls to the __wrap_ names
 * (--wrap in the Makefile); weak, since it then has its own beside them.
 */
#include "sql/tree.h"

/* Where bytes go; without a place they are counted alone. */
struct sink {
	uint8_t *out;
	size_t n;
};

enum wire { WIRE_VARINT = 0, WIRE_BYTES = 2 };

static bool put_message(struct sink *sink, const ProtobufCMessage *message);

static void put_varint(struct sink *sink, uint64_t value)
{
	for (; value >= 0x80; value >>= 7, sink->n++)
		if (sink->out)
			sink->out[sink->n] = (uint8_t)(value | 0x80);
	if (sink->out)
		sink->out[sink->n] = (uint8_t)value;
	sink->n++;
}

static void put_tag(struct sink *sink, const ProtobufCFieldDescriptor *field, enum wire wire)
{
	put_varint(sink, (uint64_t)field->id << 3 | wire);
}

/* What stands behind start gets its length in front of it. */
static void put_length(struct sink *sink, size_t start)
{
	uint8_t bytes[10] = { 0 };
	struct sink length = { .out = bytes };
	size_t n = sink->n - start;

	put_varint(&length, n);
	if (sink->out) {
		memmove(sink->out + start + length.n, sink->out + start, n);
		memcpy(sink->out + start, bytes, length.n);
	}
	sink->n += length.n;
}

static void put_string(struct sink *sink, const ProtobufCFieldDescriptor *field, const char *s)
{
	size_t n = strlen(s);

	put_tag(sink, field, WIRE_BYTES);
	put_varint(sink, n);
	if (sink->out && n)
		memcpy(sink->out + sink->n, s, n);
	sink->n += n;
}

static bool put_child(struct sink *sink, const ProtobufCFieldDescriptor *field,
		      const ProtobufCMessage *message)
{
	put_tag(sink, field, WIRE_BYTES);
	size_t start = sink->n;
	if (message && !put_message(sink, message))
		return false;
	put_length(sink, start);
	return true;
}

/* A number as a varint is made of it; false for types that parse trees have none of. */
static bool number(const ProtobufCFieldDescriptor *field, const void *member, uint64_t *ret)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
		*ret = (uint64_t)*(const int32_t *)member; /* with its sign */
		return true;
	case PROTOBUF_C_TYPE_UINT32:
		*ret = *(const uint32_t *)member;
		return true;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_UINT64:
		*ret = *(const uint64_t *)member;
		return true;
	case PROTOBUF_C_TYPE_BOOL:
		*ret = *(const protobuf_c_boolean *)member != 0;
		return true;
	default:
		return false;
	}
}

/* What has the value that a field has by itself is left out. */
static bool put_single(struct sink *sink, const ProtobufCFieldDescriptor *field, const void *member)
{
	uint64_t value;

	if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
		const ProtobufCMessage *message = *(ProtobufCMessage *const *)member;

		return !message || put_child(sink, field, message);
	}
	if (field->type == PROTOBUF_C_TYPE_STRING) {
		const char *s = *(char *const *)member;

		if (s && *s)
			put_string(sink, field, s);
		return true;
	}
	if (field->type == PROTOBUF_C_TYPE_DOUBLE)
		return *(const double *)member == 0;
	if (!number(field, member, &value))
		return false;
	if (value) {
		put_tag(sink, field, WIRE_VARINT);
		put_varint(sink, value);
	}
	return true;
}

static bool put_packed(struct sink *sink, const ProtobufCFieldDescriptor *field, const void *items,
		       size_t n)
{
	if (field->type != PROTOBUF_C_TYPE_UINT64 || !(field->flags & PROTOBUF_C_FIELD_FLAG_PACKED))
		return n == 0;
	if (!n)
		return true;
	put_tag(sink, field, WIRE_BYTES);
	size_t start = sink->n;
	for (size_t i = 0; i < n; i++)
		put_varint(sink, ((const uint64_t *)items)[i]);
	put_length(sink, start);
	return true;
}

static bool put_repeated(struct sink *sink, const ProtobufCFieldDescriptor *field,
			 const void *items, size_t n)
{
	if (field->type != PROTOBUF_C_TYPE_MESSAGE)
		return put_packed(sink, field, items, n);
	for (size_t i = 0; i < n; i++)
		if (!put_child(sink, field, ((ProtobufCMessage *const *)items)[i]))
			return false;
	return true;
}

static bool put_field(struct sink *sink, const ProtobufCFieldDescriptor *field,
		      const ProtobufCMessage *message)
{
	const char *base = (const char *)message;
	const void *member = base + field->offset;
	const void *quantifier = base + field->quantifier_offset;

	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		/* Of a choice between numbers the one that is made counts, whatever its value. */
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			return false;
		return *(const uint32_t *)quantifier != field->id ||
		       put_single(sink, field, member);
	}
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return put_repeated(sink, field, *(const void *const *)member,
				    *(const size_t *)quantifier);
	return field->label == PROTOBUF_C_LABEL_NONE && put_single(sink, field, member);
}

/* All of its fields are one choice. */
static bool put_node(struct sink *sink, const PgQuery__Node *node)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
		&pg_query__node__descriptor, node->node_case);

	return !field || put_field(sink, field, &node->base);
}

/* False for what is not described here. */
static bool put_message(struct sink *sink, const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;

	if (message->n_unknown_fields)
		return false;
	if (descriptor == &pg_query__node__descriptor)
		return put_node(sink, (const PgQuery__Node *)message);
	for (unsigned i = 0; i < descriptor->n_fields; i++)
		if (!put_field(sink, &descriptor->fields[i], message))
			return false;
	return true;
}

__attribute__((weak)) size_t pg_query__parse_result__get_packed_size(
	const PgQuery__ParseResult *message)
{
	struct sink sink = { .out = NULL };

	return put_message(&sink, &message->base)
		       ? sink.n
		       : protobuf_c_message_get_packed_size(&message->base);
}

__attribute__((weak)) size_t pg_query__parse_result__pack(const PgQuery__ParseResult *message,
							  uint8_t *out)
{
	struct sink sink = { .out = out };

	return put_message(&sink, &message->base) ? sink.n
						  : protobuf_c_message_pack(&message->base, out);
}

size_t __wrap_pg_query__parse_result__get_packed_size(const PgQuery__ParseResult *message)
	__attribute__((alias("pg_query__parse_result__get_packed_size")));
size_t __wrap_pg_query__parse_result__pack(const PgQuery__ParseResult *message, uint8_t *out)
	__attribute__((alias("pg_query__parse_result__pack")));
