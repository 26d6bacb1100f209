extension Accounting {
    /// What was sent to a mail server.
    static let mailedWages = #"""
        -- Wages whose mails a mail server has taken. A row comes in the transaction that reads the wage's event.
        CREATE TABLE accounting.mailed_wages (
            event_id uuid PRIMARY KEY,
            sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        """#
}
