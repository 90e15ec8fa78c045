/* What the program says about itself; all from the table of commands. */
#ifndef PK_CMD_HELP_H
#define PK_CMD_HELP_H

#include "cmd/cmd.h"

void pk_help_overview(FILE *out); /* all commands, by their groups */
/* What it does, how it is called, and its options. */
void pk_help_command(FILE *out, const struct pk_command *command);
/* Sets an error with exit status 129 and the command's usage as its hint. Returns -1. */
int pk_help_usage(const char *command, struct pk_err *err, const char *fmt, ...) PK_PRINTF(3, 4);
/* Becomes `man git-postkit`; returns when that cannot be. */
void pk_help_manual(void);
/* Fills in the error for a word that is no command, with the nearest ones. */
void pk_help_unknown(const char *word, struct pk_err *err);

/*
 * For shells, one line a fact, fields separated by tabs, neither database nor network touched:
 *   command NAME SUMMARY
 *   option COMMAND --name|-n ARG-OR-EMPTY HELP
 *   word COMMAND WORD          subcommands, and "@remote" or "@file" where such a thing can stand
 *   remote NAME                of this repository
 */
int pk_completion_data(int argc, char **argv, struct pk_err *err);

#endif
