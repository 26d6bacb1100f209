extension Accounting {
    /// What the pages ask again and again.
    static let pageIndexes = #"""
        -- Somebody's last wage, however many entries came after it or there were without one.
        CREATE INDEX ledger_wages_of_user ON accounting.ledger (user_id, entry_id) WHERE kind = 'wage';

        -- Entries come at the end of the ledger all day long: without it what came since the last vacuum is read whole by each who asks
        -- for the last days.
        ALTER INDEX accounting.ledger_days SET (autosummarize = on);
        ALTER INDEX accounting.ledger_by_time SET (autosummarize = on);
        """#
}
