/// The labels of Perch's metrics: part of the interface, dashboards and alerts read them.
package enum MetricLabel {
    package static let processed = "perch_events_processed_total"
    package static let eventAge = "perch_event_age_seconds"
    package static let transactions = "perch_transactions_total"
    package static let transactionDuration = "perch_transaction_duration_seconds"
    package static let workerNotices = "perch_worker_notices_total"
    package static let positionsGiven = "perch_relay_positions_given_total"
    package static let published = "perch_events_published_total"
    package static let relayActive = "perch_relay_active"
    package static let relayNotices = "perch_relay_notices_total"
    package static let refused = "perch_events_refused_total"
    package static let scheduleTicks = "perch_schedule_ticks_total"
    package static let scheduleLateness = "perch_schedule_lateness_seconds"
    package static let databaseDuration = "perch_database_transaction_duration_seconds"
    package static let lag = "perch_group_lag_events"
    package static let oldestUnprocessed = "perch_group_oldest_unprocessed_age_seconds"
    package static let failed = "perch_failed_events"
    package static let outboxWaiting = "perch_outbox_waiting_events"
    package static let outboxOldest = "perch_outbox_oldest_age_seconds"
    package static let delayed = "perch_delayed_events"
    package static let delayedOverdue = "perch_delayed_overdue_seconds"
}

extension MetricDescription {
    /// All metrics of Perch, for any backend.
    ///
    /// The last seven are not recorded by themselves: they are made of a `GroupStatus` and an `OutboxStatus` when somebody
    /// asks.
    public static let perch: [MetricDescription] = consuming + publishing + scheduling + status

    private static let consuming = [
        MetricDescription(
            MetricLabel.processed,
            .counter,
            unit: "events",
            dimensions: ["group", "topic", "outcome"],
            meaning:
                "What became of events in a worker's transactions, by outcome: ok, skipped (of a type it does not know, or by its handler), failed (tried again later; also each time it fails again), held (behind a failed one of its key), dead (a dead letter).",
            fires: "at the COMMIT of a round"
        ),
        MetricDescription(
            MetricLabel.eventAge,
            .histogram,
            unit: "seconds",
            dimensions: ["group", "topic"],
            meaning:
                "From the event's own time to the COMMIT of its effects, for the first event of each partition in a round; those behind it are mostly younger.",
            fires: "at the COMMIT of a round, once a partition"
        ),
        MetricDescription(
            MetricLabel.transactions,
            .counter,
            unit: "transactions",
            dimensions: ["group", "outcome"],
            meaning:
                "Rounds by outcome: committed, refused (fenced off, a conflict, or a handler's error; nothing was committed), lost (the connection broke; unclear at COMMIT).",
            fires: "at the end of a round"
        ),
        MetricDescription(
            MetricLabel.transactionDuration,
            .histogram,
            unit: "seconds",
            dimensions: ["group"],
            meaning: "How long a committed round took, from BEGIN to the answer to COMMIT, which with a backlog is "
                + "read when the next round is handled.",
            fires: "at the COMMIT of a round"
        ),
        MetricDescription(
            MetricLabel.workerNotices,
            .counter,
            unit: "notices",
            dimensions: ["group", "kind"],
            meaning:
                "What happened to workers beside their rounds: acquired, released, fenced, entry_missing, stream_ends_before, entry_early, entry_found, event_failed, event_waiting, dead_letter, recovered, braked, brake_released, counts_rounds, steps_through, limited, conflict, troubled, untroubled, left_to_others, reconnecting.",
            fires: "with the log line that says the same"
        ),
    ]

    private static let publishing = [
        MetricDescription(
            MetricLabel.positionsGiven,
            .counter,
            unit: "events",
            meaning: "Committed events that the relay gave a position in their partition.",
            fires: "when a batch has left the outbox for the log"
        ),
        MetricDescription(
            MetricLabel.published,
            .counter,
            unit: "events",
            dimensions: ["topic", "partition"],
            meaning: "Events that the relay appended to their stream; again after Redis has lost them.",
            fires: "when Redis has confirmed a batch"
        ),
        MetricDescription(
            MetricLabel.relayNotices,
            .counter,
            unit: "notices",
            dimensions: ["kind"],
            meaning:
                "What happened to the relay beside its batches: tail_lost, hole, adopted, set_aside, rebuilt, cannot_rebuild, refused, troubled, due_troubled, untroubled, resigned, reconnecting.",
            fires: "with the log line that says the same"
        ),
        MetricDescription(
            MetricLabel.relayActive,
            .gauge,
            unit: "relays",
            dimensions: ["owner"],
            meaning:
                "1 where this process's relay is the active one of its topics; 0 where it stands by, or has lost a server.",
            fires: "when that changes"
        ),
        MetricDescription(
            MetricLabel.refused,
            .counter,
            unit: "events",
            dimensions: ["topic"],
            meaning:
                "Events of the outbox that got no position, since no reader takes them or they are not as the contract says; they are in perch.refused_events.",
            fires: "when the relay has moved them there"
        ),
        MetricDescription(
            MetricLabel.databaseDuration,
            .histogram,
            unit: "seconds",
            dimensions: ["outcome"],
            meaning:
                "How long the transactions of a measured Database took on their connection, by outcome: committed, failed (rolled back, or lost).",
            fires: "at the end of a transaction"
        ),
    ]

    private static let scheduling = [
        MetricDescription(
            MetricLabel.scheduleTicks,
            .counter,
            unit: "ticks",
            dimensions: ["schedule", "outcome"],
            meaning:
                "What became of ticks in this process, by outcome: done, failed (tried again later; also each time it fails again), missed (passed over because it was late; several in a row count once).",
            fires: "at the COMMIT that notes it"
        ),
        MetricDescription(
            MetricLabel.scheduleLateness,
            .histogram,
            unit: "seconds",
            dimensions: ["schedule"],
            meaning:
                "From the time of a tick to the COMMIT of its effects; of a run that an operator asked for, from then.",
            fires: "when a tick is done"
        ),
    ]

    private static let status = [
        MetricDescription(
            MetricLabel.lag,
            .gauge,
            unit: "events",
            dimensions: ["group", "topic", "partition"],
            meaning: "Events in the stream past the group's checkpoint.",
            fires: "at a scrape; left out where Redis or Postgres does not tell"
        ),
        MetricDescription(
            MetricLabel.oldestUnprocessed,
            .gauge,
            unit: "seconds",
            dimensions: ["group", "topic", "partition"],
            meaning:
                "For how long the event after the group's checkpoint has been in its partition; 0 if there is none.",
            fires: "at a scrape; left out where Redis or Postgres does not tell"
        ),
        MetricDescription(
            MetricLabel.failed,
            .gauge,
            unit: "events",
            dimensions: ["group", "topic", "state"],
            meaning:
                "Events that could not be processed, by state: failed (tried again), held (behind a failed one of their key), dead (for an operator); counted up to 100000 a group.",
            fires: "at a scrape; left out where Postgres does not tell"
        ),
        MetricDescription(
            MetricLabel.outboxWaiting,
            .gauge,
            unit: "events",
            dimensions: ["topic"],
            meaning: "Committed events that have no position yet; counted up to 100000 a partition.",
            fires: "at a scrape; left out where Postgres does not tell"
        ),
        MetricDescription(
            MetricLabel.outboxOldest,
            .gauge,
            unit: "seconds",
            dimensions: ["topic"],
            meaning: "Since when the first event in the outbox waits, by the event's own time; 0 if there is none.",
            fires: "at a scrape; left out where Postgres does not tell"
        ),
        MetricDescription(
            MetricLabel.delayed,
            .gauge,
            unit: "events",
            dimensions: ["topic"],
            meaning: "Events that wait until they are due; counted up to 100000.",
            fires: "at a scrape; left out where Postgres does not tell"
        ),
        MetricDescription(
            MetricLabel.delayedOverdue,
            .gauge,
            unit: "seconds",
            dimensions: ["topic"],
            meaning: "Since when the first delayed event is due that no relay has moved yet; 0 if there is none.",
            fires: "at a scrape; left out where Postgres does not tell"
        ),
    ]
}
