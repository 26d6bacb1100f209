-- Databases, roles and rights of the services. Run by psql (15 or newer) as a superuser:
--
--   psql -X -f passwords.psql -f ops/postgres/roles.sql
--
-- passwords.psql sets psql variables; one that is not set leaves that role's password as it is (a new role has none and
-- cannot come in by password):
--   \set auth_owner_password '…'      \set auth_app_password '…'
--   \set tracker_owner_password '…'   \set tracker_app_password '…'
--   \set accounting_owner_password '…' \set accounting_app_password '…'
--   \set analytics_owner_password '…' \set analytics_app_password '…'
--   \set auditor_password '…'
--
-- Run it before the first migration, and again after: then the views are there and are opened to the auditor. Rights on
-- tables are given by `popug SERVICE migrate`. A second run changes nothing else.

\set ON_ERROR_STOP on
\set QUIET on
-- Passwords are not to end in the server's log.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
SET client_min_messages = warning;

-- The auditor: reads the views that are part of the contract, in every service's database, and nothing else.
\set role auditor
\ir role.sql
ALTER ROLE auditor CONNECTION LIMIT 10;
ALTER ROLE auditor SET default_transaction_read_only = on;
ALTER ROLE auditor SET statement_timeout = '60s';
ALTER ROLE auditor SET idle_in_transaction_session_timeout = '60s';
\if :{?auditor_password}
    ALTER ROLE auditor PASSWORD :'auditor_password';
\endif

-- Each service: its database is named like it.
\set service auth
\ir service.sql
\if :{?auth_owner_password}
    ALTER ROLE auth_owner PASSWORD :'auth_owner_password';
\endif
\if :{?auth_app_password}
    ALTER ROLE auth_app PASSWORD :'auth_app_password';
\endif

\set service tracker
\ir service.sql
\if :{?tracker_owner_password}
    ALTER ROLE tracker_owner PASSWORD :'tracker_owner_password';
\endif
\if :{?tracker_app_password}
    ALTER ROLE tracker_app PASSWORD :'tracker_app_password';
\endif

\set service accounting
\ir service.sql
\if :{?accounting_owner_password}
    ALTER ROLE accounting_owner PASSWORD :'accounting_owner_password';
\endif
\if :{?accounting_app_password}
    ALTER ROLE accounting_app PASSWORD :'accounting_app_password';
\endif

\set service analytics
\ir service.sql
\if :{?analytics_owner_password}
    ALTER ROLE analytics_owner PASSWORD :'analytics_owner_password';
\endif
\if :{?analytics_app_password}
    ALTER ROLE analytics_app PASSWORD :'analytics_app_password';
\endif
