/* What every unit test includes first. */
#ifndef PK_UNIT_H
#define PK_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
