// `Timestamp` and `CalendarDate` are values of Postgres too: whoever imports Postgres can name them.
@_exported public import Times
