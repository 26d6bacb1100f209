/// From SIGTERM to the end of a process at the latest.
enum StopDeadline {
    /// HTTP drains for 10 s, workers for 20 s, a relay for 10 s. The units of systemd kill after 60 s.
    static let service = Duration.seconds(50)
    /// It waits for its services.
    static let dev = Duration.seconds(100)
}
