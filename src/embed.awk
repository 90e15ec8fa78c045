# Text files to C. mode=header: a "pk_sql_<name>" string for each file; mode=table: pk_embedded_files[].

function escaped(line) {
	gsub(/\\/, "&&", line)
	gsub(/"/, "\\\"", line)
	gsub(/\t/, "\\t", line)
	gsub(/\r/, "\\r", line)
	return line
}

function finish() {
	if (mode == "header")
		print ";\n"
	else if (mode == "table")
		print ";\n"
}

function start(path, name) {
	if (started)
		finish()
	started = 1
	count++
	if (mode == "header") {
		name = path
		sub(/.*\//, "", name)
		sub(/\.sql$/, "", name)
		gsub(/[^A-Za-z0-9_]/, "_", name)
		printf "static const char pk_sql_%s[] =", name
	} else {
		name = path
		sub(/^src\//, "", name)
		paths[count] = name
		printf "static const char file_%d[] =", count
	}
}

BEGIN {
	print "/* Made by src/embed.awk. */"
	if (mode == "table")
		print "#include \"base/embedded.h\"\n"
	# An empty file has no line that would start it.
	for (i = 1; i < ARGC; i++) {
		if (ARGV[i] ~ /=/)
			continue
		start(ARGV[i])
		printf "\n\t\"\""
		while ((getline line < ARGV[i]) > 0)
			printf "\n\t\"%s\\n\"", escaped(line)
		close(ARGV[i])
	}
	if (started)
		finish()
	if (mode == "table") {
		print "const struct pk_embedded pk_embedded_files[] = {"
		for (i = 1; i <= count; i++)
			printf "\t{ \"%s\", file_%d, sizeof(file_%d) - 1 },\n", paths[i], i, i
		print "\t{ NULL, NULL, 0 },\n};"
	}
	exit 0
}
