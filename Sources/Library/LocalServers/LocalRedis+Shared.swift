import Synchronization

extension LocalRedis {
    /// One server for all tests of this process, started by the first who asks. It ends with the process.
    ///
    /// Each test takes a namespace of its own in it (`StreamNaming`); a test that stops or fills a server takes a server of its own.
    /// - Throws: `LocalServerError`; the next call tries again.
    public static func shared() throws(LocalServerError) -> LocalRedis {
        try sharedServer.withLock { server throws(LocalServerError) in
            if let server { return server }
            let started = try LocalRedis(settings: ["maxclients": "4000"])
            try started.start()
            server = started
            return started
        }
    }
}

private let sharedServer = Mutex<LocalRedis?>(nil)
