extension Migration {
    /// A heartbeat learns by one number whether anything of its group's leases has changed.
    static let leaseRevisions = #"""
        -- Raised by each transaction that changes what the workers of a group have to know of its leases: who owns one, its epoch,
        -- whether it is paused; that an operator has changed failed events; the topics' layouts. That a worker's time is over
        -- writes nothing: a heartbeat looks at perch.workers for that.
        CREATE TABLE perch.lease_revisions (
            group_name text PRIMARY KEY,
            revision bigint NOT NULL,
            -- The last transaction: each raises it once.
            changed_by xid8 NOT NULL
        ) WITH (fillfactor = 50);
        INSERT INTO perch.lease_revisions (group_name, revision, changed_by)
        SELECT g.group_name, 1, pg_current_xact_id() FROM perch.groups g;

        -- At COMMIT, so that nobody waits for the row longer than a COMMIT takes, and who reads the new revision sees all that it
        -- stands for.
        CREATE FUNCTION perch.raise_lease_revision() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog AS $$
        BEGIN
            INSERT INTO perch.lease_revisions AS r (group_name, revision, changed_by)
            VALUES (coalesce(NEW.group_name, OLD.group_name), 1, pg_current_xact_id())
            ON CONFLICT (group_name) DO UPDATE SET revision = r.revision + 1, changed_by = excluded.changed_by
            WHERE r.changed_by <> excluded.changed_by;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER raise_lease_revision
            AFTER INSERT OR DELETE OR UPDATE OF owner, epoch, paused_at ON perch.leases
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION perch.raise_lease_revision();
        CREATE CONSTRAINT TRIGGER raise_lease_revision AFTER INSERT OR DELETE OR UPDATE ON perch.failure_revisions
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION perch.raise_lease_revision();

        CREATE FUNCTION perch.raise_lease_revisions() RETURNS trigger LANGUAGE plpgsql
        SECURITY DEFINER SET search_path = pg_catalog AS $$
        BEGIN
            PERFORM FROM perch.lease_revisions r ORDER BY r.group_name FOR UPDATE;
            UPDATE perch.lease_revisions SET revision = revision + 1, changed_by = pg_current_xact_id()
            WHERE changed_by <> pg_current_xact_id();
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER raise_lease_revisions AFTER INSERT OR DELETE OR UPDATE ON perch.layouts
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION perch.raise_lease_revisions();

        -- A heartbeat: says that these workers live, and with them their leases; forgets workers long silent; and tells by what the
        -- group's leases have to be looked at again. One statement, so that a process that freezes leaves no row locked.
        CREATE FUNCTION perch.beat(
            of_group text, standing text[], on_host text, by_pid int, lease interval,
            -- Of the leases.
            OUT revision bigint,
            -- Of the workers that live: another number for others.
            OUT living bigint,
            -- No worker of the release before, each of whose leases has a time of its own that is written at each of its beats.
            OUT is_settled boolean,
            -- Milliseconds since 1970.
            OUT clock bigint
        ) LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            PERFORM set_config('lock_timeout', ceil(least(extract(epoch FROM lease), 5) * 1000) || 'ms', true);
            INSERT INTO perch.workers AS w (worker, group_name, host, pid, expires_at)
            SELECT s.worker, of_group, on_host, by_pid, clock_timestamp() + lease FROM unnest(standing) AS s (worker)
            ON CONFLICT (worker) DO UPDATE SET heartbeat_at = clock_timestamp(), expires_at = excluded.expires_at;
            DELETE FROM perch.workers w WHERE w.group_name = of_group AND w.heartbeat_at < clock_timestamp() - 10 * lease;
            SELECT coalesce(bit_xor(hashtextextended(w.worker, 0)) FILTER (
                    WHERE coalesce(w.expires_at, w.heartbeat_at + lease) >= clock_timestamp()
                ), 0),
                count(*) FILTER (WHERE w.expires_at IS NULL) = 0,
                coalesce((SELECT r.revision FROM perch.lease_revisions r WHERE r.group_name = of_group), 0),
                floor(extract(epoch FROM clock_timestamp()) * 1000)
            INTO living, is_settled, revision, clock
            FROM perch.workers w WHERE w.group_name = of_group;
        END $$;
        """#
}
