-- Included by roles.sql for each :service: its database, its owner (migrations) and its app role (its programs).
SELECT :'service' || '_owner' AS owner, :'service' || '_app' AS app \gset
\set role :owner
\ir role.sql
\set role :app
\ir role.sql

-- Migrations wait for a lock no longer than what stands behind them may: better a migration that is started again.
ALTER ROLE :"owner" CONNECTION LIMIT 5;
ALTER ROLE :"owner" SET lock_timeout = '30s';
ALTER ROLE :"owner" SET idle_in_transaction_session_timeout = '5min';

-- Bounds for a program that hangs or runs wild. Closing a ticket may wait for a reassignment of all, some 10 s. Per process: workers + one for leases, one
-- for the relay, one for readiness and one for /metrics; `serve` has the pool of the API. A worker that is cut off comes back and starts at its checkpoint.
ALTER ROLE :"app" CONNECTION LIMIT 60;
ALTER ROLE :"app" SET statement_timeout = '20s';
ALTER ROLE :"app" SET lock_timeout = '15s';
ALTER ROLE :"app" SET idle_in_transaction_session_timeout = '30s';
-- The relay's and the workers' statements are written for it.
ALTER ROLE :"app" SET default_transaction_isolation = 'read committed';

SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', :'service', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"app", auditor;

-- :DBNAME is where we are now; we go back there.
\set outside :DBNAME
\connect :"service"
SET client_min_messages = warning;
BEGIN;

-- Rights on tables are given one by one by `migrate`, which knows them. Here only the frame: nothing for PUBLIC, and the
-- functions for the app role, before and after they are made.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT EXECUTE ON FUNCTIONS TO :"app";
SELECT format(rights.text, n.nspname, :'app')
FROM pg_namespace n
CROSS JOIN (VALUES
    (1, 'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC'),
    (2, 'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO %I')
) AS rights (place, text)
WHERE n.nspowner = (SELECT oid FROM pg_roles WHERE rolname = :'owner') ORDER BY n.nspname, rights.place \gexec

-- The auditor's views. They run with their owner's rights: it needs none on the tables behind them.
SELECT format('GRANT USAGE ON SCHEMA %I TO auditor', nspname)
FROM pg_namespace WHERE nspname IN ('perch', 'reporting') \gexec
SELECT format('GRANT SELECT ON %I.%I TO auditor', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND (n.nspname = 'reporting' OR (n.nspname = 'perch' AND c.relname = 'published')) \gexec

-- But for the functions in it, which go by the caller's right.
SELECT format('GRANT EXECUTE ON FUNCTION %s TO auditor', p.oid::regprocedure)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'perch' AND p.proname = 'as_jsonb' \gexec

COMMIT;
\connect :"outside"
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
SET client_min_messages = warning;
