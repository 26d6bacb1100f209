#pragma once
#include <hiredis/hiredis.h>

// hiredis before 1.0 has no code for a timeout; the number is the one that 1.0 gave it.
#ifndef REDIS_ERR_TIMEOUT
#define REDIS_ERR_TIMEOUT 6
#endif
