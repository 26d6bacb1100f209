/// What lets programs of the release before work on in a database that knows groups, as long as theirs is alone in it; and what
/// stops them, with a text, once another group is there. A later release takes all of this away.
extension Migration {
    static let formerRelease = #"""
        -- The functions as the release before calls them: for the carried group.
        CREATE OR REPLACE FUNCTION perch.advance_checkpoint(
            of_topic text, of_partition int, under_epoch bigint, from_position bigint, to_position bigint, to_entry text
        ) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            PERFORM perch.advance_checkpoint(
                (SELECT g.group_name FROM perch.groups g WHERE g.is_carried), of_topic, of_partition, under_epoch,
                from_position, to_position, to_entry
            );
        END $$;
        CREATE OR REPLACE FUNCTION perch.confirm_epoch(of_topic text, of_partition int, under_epoch bigint)
        RETURNS void LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            PERFORM perch.confirm_epoch(
                (SELECT g.group_name FROM perch.groups g WHERE g.is_carried), of_topic, of_partition, under_epoch
            );
        END $$;
        CREATE OR REPLACE FUNCTION perch.lies_idle(of_topic text, of_partition int) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT perch.lies_idle((SELECT g.group_name FROM perch.groups g WHERE g.is_carried), of_topic, of_partition)
        $$;

        CREATE FUNCTION perch.refuse_former_release() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a program of a release that knows no groups may not write %.%: this database holds the groups %',
                TG_TABLE_SCHEMA, TG_TABLE_NAME,
                (SELECT coalesce(string_agg(g.group_name, ', ' ORDER BY g.group_name), 'of a newer release')
                    FROM perch.groups g)
                USING ERRCODE = 'PF002', HINT = 'Stop that program, and start its present release.',
                    -- The release before logs this of an error, and not its message.
                    CONSTRAINT = 'this database holds several groups: stop this program and start its present release';
        END $$;

        -- An empty name is the default where no group is carried, or another has come.
        DO $$
        DECLARE
            name text;
        BEGIN
            FOREACH name IN ARRAY ARRAY[
                'leases', 'checkpoints', 'failed_events', 'failure_revisions', 'workers', 'operations'
            ] LOOP
                EXECUTE format(
                    'CREATE TRIGGER a_refuse_former_release BEFORE INSERT ON perch.%I FOR EACH ROW '
                    'WHEN (NEW.group_name = '''') EXECUTE FUNCTION perch.refuse_former_release()', name
                );
            END LOOP;
        END $$;

        -- The release before declares without having been admitted; of a group that was not, it has no business here.
        CREATE FUNCTION perch.require_admitted_group() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM perch.groups g WHERE g.group_name = NEW.group_name) THEN
                RAISE EXCEPTION 'group % has not been admitted to this database, which holds the groups %', NEW.group_name,
                    (SELECT coalesce(string_agg(g.group_name, ', ' ORDER BY g.group_name), 'of a newer release')
                        FROM perch.groups g)
                    USING ERRCODE = 'PF002', HINT = 'Stop that program, and start its present release.',
                    -- The release before logs this of an error, and not its message.
                    CONSTRAINT = 'this database holds several groups: stop this program and start its present release';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER require_admitted_group BEFORE INSERT ON perch.subscriptions
            FOR EACH ROW EXECUTE FUNCTION perch.require_admitted_group();

        -- The release before goes by the time in the lease, which the present one leaves at infinity. Each of its heartbeats
        -- begins here: what it then reads is until when the workers live.
        CREATE FUNCTION perch.tell_former_release() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE perch.leases l
            SET expires_at = coalesce((SELECT w.expires_at FROM perch.workers w WHERE w.worker = l.owner), '-infinity')
            FROM (
                SELECT k.group_name, k.topic, k.partition FROM perch.leases k
                WHERE k.owner IS NOT NULL AND NOT EXISTS (
                    SELECT FROM perch.workers f WHERE f.worker = k.owner AND f.expires_at IS NULL
                )
                FOR UPDATE OF k SKIP LOCKED
            ) AS own
            WHERE (l.group_name, l.topic, l.partition) = (own.group_name, own.topic, own.partition);
            RETURN NEW;
        END $$;
        CREATE TRIGGER b_tell_former_release BEFORE INSERT ON perch.workers
            FOR EACH ROW WHEN (NEW.expires_at IS NULL) EXECUTE FUNCTION perch.tell_former_release();

        -- A program that was frozen while another group came may wake and take leases by what it knew before.
        CREATE FUNCTION perch.require_worker_of_group() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT count(*) > 1 FROM perch.groups) AND NOT EXISTS (
                SELECT FROM perch.workers w
                WHERE w.worker = NEW.owner AND w.group_name = NEW.group_name AND w.expires_at IS NOT NULL
            ) THEN
                RAISE EXCEPTION 'worker % is none of group % of the present release', NEW.owner, NEW.group_name
                    USING ERRCODE = 'PF002', HINT = 'Stop its program, and start its present release.',
                        CONSTRAINT = 'this database holds several groups: stop this program and start its present release';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER require_worker_of_group BEFORE UPDATE OF owner ON perch.leases
            FOR EACH ROW WHEN (NEW.owner IS NOT NULL AND NEW.owner IS DISTINCT FROM OLD.owner)
            EXECUTE FUNCTION perch.require_worker_of_group();
        """#

    static let groupAdmission = #"""
        -- Lets a group keep its state here; again it changes nothing. Next to a group whose rows were carried over none is
        -- admitted as long as workers of the release before live: they would read and write the rows of both.
        --
        -- The owner's rights, for it changes defaults and indexes. Workers wait for its locks as long as those of others last.
        --
        -- Answers whether it was the first beside the carried one: programs of the release before are refused from then on.
        CREATE FUNCTION perch.admit_group(of_group text, silence interval) RETURNS boolean LANGUAGE plpgsql VOLATILE
            SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '2s' AS $$
        DECLARE
            living text[];
            name text;
            is_second boolean;
        BEGIN
            IF EXISTS (SELECT FROM perch.groups g WHERE g.group_name = of_group) THEN
                RETURN false;
            END IF;
            LOCK TABLE perch.groups IN SHARE ROW EXCLUSIVE MODE;
            is_second := (SELECT count(*) = 1 AND bool_or(g.is_carried) FROM perch.groups g);
            IF is_second THEN
                LOCK TABLE perch.workers, perch.leases, perch.failed_events, perch.failure_revisions, perch.checkpoints,
                    perch.subscriptions, perch.operations IN ACCESS EXCLUSIVE MODE;
                living := (
                    SELECT array_agg(w.worker ORDER BY w.worker) FROM perch.workers w
                    WHERE w.expires_at IS NULL AND w.heartbeat_at > clock_timestamp() - silence
                );
                IF living IS NOT NULL THEN
                    RAISE EXCEPTION 'workers of the release before, which know one group a database, are still at work'
                        USING ERRCODE = 'PF004', DETAIL = array_to_string(living, ',');
                END IF;
                FOREACH name IN ARRAY ARRAY[
                    'leases', 'checkpoints', 'failed_events', 'failure_revisions', 'workers', 'operations'
                ] LOOP
                    EXECUTE format('ALTER TABLE perch.%I ALTER COLUMN group_name SET DEFAULT ''''', name);
                END LOOP;
                DROP INDEX perch.subscriptions_before_groups, perch.failed_events_before_groups,
                    perch.failure_revisions_before_groups;
                -- What a program that wakes later takes for a lease that is over would cost its owner the connection.
                UPDATE perch.leases l SET expires_at = 'infinity' FROM perch.workers w
                WHERE w.worker = l.owner AND w.expires_at IS NOT NULL;
            END IF;
            INSERT INTO perch.groups (group_name) VALUES (of_group) ON CONFLICT DO NOTHING;
            RETURN is_second;
        END $$;
        REVOKE EXECUTE ON FUNCTION perch.admit_group(text, interval) FROM PUBLIC;
        """#
}
