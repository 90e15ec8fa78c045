/* Functions that have hurt everybody who used them are compile errors here. */
#ifndef PK_BANNED_H
#define PK_BANNED_H

#define PK_BANNED(func) sorry_##func##_is_not_used_here
#undef strcpy
#define strcpy(a, b) PK_BANNED(strcpy)
#undef strcat
#define strcat(a, b) PK_BANNED(strcat)
#undef strncpy
#define strncpy(a, b, c) PK_BANNED(strncpy)
#undef strncat
#define strncat(a, b, c) PK_BANNED(strncat)
#undef sprintf
#define sprintf(...) PK_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) PK_BANNED(vsprintf)
#undef strtok
#define strtok(a, b) PK_BANNED(strtok)
#undef gets
#define gets(a) PK_BANNED(gets)
#undef system
#define system(a) PK_BANNED(system)
#undef popen
#define popen(a, b) PK_BANNED(popen)

#endif
