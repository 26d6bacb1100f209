#include "baseline.h"

#include <poll.h>
#include <string.h>

PGconn *postgres_open(const char *conninfo) {
    PGconn *postgres = PQconnectdb(conninfo);
    if (PQstatus(postgres) != CONNECTION_OK) fail("Postgres: %s", PQerrorMessage(postgres));
    if (PQsetnonblocking(postgres, 1) != 0) fail("Postgres: %s", PQerrorMessage(postgres));
    return postgres;
}

/// Before the first pipeline.
void postgres_prepare(PGconn *postgres, const char *name, const char *sql) {
    PGresult *result = PQprepare(postgres, name, sql, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) fail("Postgres: %s", PQerrorMessage(postgres));
    PQclear(result);
}

void postgres_send(
    PGconn *postgres, const char *name, int count, const char *const values[], const int lengths[], int format
) {
    static const int binary[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    if (!PQsendQueryPrepared(postgres, name, count, values, lengths, binary, format))
        fail("Postgres: %s", PQerrorMessage(postgres));
}

/// Statements between two syncs are one transaction of their own accord: BEGIN and COMMIT need no messages.
void postgres_sync(PGconn *postgres) {
    if (!PQpipelineSync(postgres) || PQflush(postgres) < 0) fail("Postgres: %s", PQerrorMessage(postgres));
}

PGresult *postgres_wait(PGconn *postgres, bool wants_rows) {
    PGresult *rows = NULL;
    while (true) {
        int flushing = PQflush(postgres);
        if (flushing < 0) fail("Postgres: %s", PQerrorMessage(postgres));
        while (PQisBusy(postgres)) {
            struct pollfd wait = {.fd = PQsocket(postgres), .events = POLLIN | (flushing ? POLLOUT : 0)};
            poll(&wait, 1, -1);
            if (flushing) flushing = PQflush(postgres);
            if (!PQconsumeInput(postgres)) fail("Postgres: %s", PQerrorMessage(postgres));
        }
        PGresult *result = PQgetResult(postgres);
        if (!result) continue;
        switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC: PQclear(result); return rows;
        case PGRES_TUPLES_OK:
            if (wants_rows) {
                PQclear(rows);
                rows = result;
                break;
            }
            PQclear(result);
            break;
        case PGRES_COMMAND_OK: PQclear(result); break;
        default: fail("Postgres: %s", PQresultErrorMessage(result));
        }
    }
}
