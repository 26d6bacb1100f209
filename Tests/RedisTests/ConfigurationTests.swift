import Testing

@testable import Redis

@Suite struct ConfigurationTests {
    @Test(arguments: [
        ("redis://localhost", "redis://localhost:6379"),
        ("redis://10.0.0.1:7000/3", "redis://10.0.0.1:7000/3"),
        ("redis://h/", "redis://h:6379"),
        ("redis://:p%40ss%3A%2F@h", "redis://:***@h:6379"),
        ("redis://worker:p@h:1/0", "redis://worker:***@h:1"),
        ("redis://nopass:@h", "redis://nopass:***@h:6379"),
        ("redis://[::1]:7000", "redis://[::1]:7000"),
        ("REDIS://h", "redis://h:6379"),
        ("rediss://:p@h/2?cacert=/a%20b.pem&cert=c.pem&key=k.pem&server_name=n", "rediss://:***@h:6379/2"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("redis+sentinel://s1,s2:1,[::1]:2/main", "redis+sentinel://s1:26379,s2:1,[::1]:2/main"),
        (
            "rediss+sentinel://u:p@s1/my%20main/3?sentinel_user=a&sentinel_password=b&cacert=c",
            "rediss+sentinel://u:***@s1:26379/my main/3"
        ),
        ("redis+cluster://h1,h2:7001,[::1]:2", "redis+cluster://h1:6379,h2:7001,[::1]:2"),
        ("redis+cluster://h1/0?reply_timeout=1", "redis+cluster://h1:6379"),
        ("rediss+cluster://u:p@h1,h2/?cacert=a&server_name=n", "rediss+cluster://u:***@h1:6379,h2:6379"),
        ("unix://u:p@/run/a%20b@c.sock?db=2", "unix://u:***@/run/a b@c.sock?db=2"),
    ])
    func aURLIsUnderstood(url: String, description: String) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.description == description)
    }

    @Test(arguments: [
        ("", "scheme"), ("localhost:6379", "scheme"), ("http://h", "scheme"),
        ("redis://", "host"), ("redis://:6379", "host"), ("redis://h h", "host"), ("redis://[::1", "host"),
        ("redis://[hunter2]", "host"), ("redis://[::1]x", "port"),
        ("redis://h:", "port"), ("redis://h:0", "port"), ("redis://h:65536", "port"), ("redis://h:+1", "port"),
        ("redis://user:hunter2", "port"), ("redis://hunter2@h", "password"),
        ("redis://:hunter/2@h", "password"), ("redis://:hunter2?@h", "password"), ("redis://:hunter:2@h", "password"),
        ("redis://:hunt@er2@h", "password"), ("redis://:hunter2%4@h", "password"),
        ("redis://:hunter2%ff@h", "password"),
        ("redis://:hunter2%00@h", "password"), ("redis://:@h", "password"), ("redis://%zz:hunter2@h", "user"),
        ("redis://h/-1", "database"), ("redis://h/one", "database"), ("redis://h/1/2", "database"),
        ("redis://h/99999999999999999999", "database"), ("redis://h?db=1", "query"), ("redis://h#1", "query"),
        ("unix://run/redis.sock", "path"), ("unix://", "path"), ("unix:///", "path"), ("unix:///a%00b", "path"),
        ("unix://:hunter/2@/run/redis.sock", "path"), ("unix:///s?db=x", "database"),
        ("unix:///s?user=hunter2", "query"),
        ("redis://h?reply_timeout=0", "query"), ("redis://h?reply_timeout=-1", "query"),
        ("redis://h?reply_timeout=1e9", "query"), ("redis://h?reply_timeout=", "query"),
        ("redis://h?cacert=hunter2", "query"), ("unix:///s?cacert=hunter2", "query"),
        ("rediss://h?cacert=", "query"), ("rediss://h?cert=%zz", "query"), ("rediss://h?key=hunter2", "query"),
        ("rediss://h?verify=no", "query"), ("rediss://", "host"),
        ("redis+sentinel://s1", "master"), ("redis+sentinel://s1/", "master"), ("redis+sentinel://s1//1", "master"),
        ("redis+sentinel:///main", "host"), ("redis+sentinel://s1,/main", "host"),
        ("redis+sentinel://s1:x/main", "port"),
        ("redis+sentinel://s1/main/x", "database"), ("redis+sentinel://s1/main/1/2", "database"),
        ("redis+sentinel://s1/main?sentinel_user=hunter2", "query"), ("redis+sentinel://s1/main?cacert=a", "query"),
        ("redis+sentinel://s1/main?sentinel_password=hunt@er2", "password"), ("sentinel://s1/main", "scheme"),
        ("redis+cluster://", "host"), ("redis+cluster://h1,", "host"), ("redis+cluster://h1:x", "port"),
        ("redis+cluster://h1/1", "database"), ("redis+cluster://h1?db=0", "query"),
        ("redis+cluster://h1?cacert=hunter2", "query"), ("rediss+cluster://hunter2@h1", "password"),
        ("cluster://h1", "scheme"),
        ("redis://h?connect_timeout=1&connect_timeout=2", "query"), ("redis://h?timeout=1", "query"),
        ("unix:///s?db=1&db=2", "query"), ("unix:///" + String(repeating: "x", count: 103), "path"),
    ])
    func aWrongURLIsRefusedByTheNameOfItsPartAndNeverQuoted(url: String, part: String) throws {
        let error = try #require(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error.code == .configuration)
        #expect(error.message.hasPrefix("The Redis URL's \(part): "))
        #expect(!error.message.contains("hunter") && !error.message.contains("er2"))
    }

    @Test func theURLSaysHowLongIsWaited() throws {
        let tcp = try RedisConfiguration(url: "redis://h/3?connect_timeout=0.5&reply_timeout=30")
        #expect(tcp.connectTimeout == .milliseconds(500) && tcp.replyTimeout == .seconds(30) && tcp.database == 3)
        let socket = try RedisConfiguration(url: "unix:///s?reply_timeout=1.25&db=2")
        #expect(socket.connectTimeout == .seconds(2) && socket.replyTimeout == .milliseconds(1250))
        #expect(socket.database == 2)
    }

    @Test func aURLNamesTheFilesAndTheNameThatTLSNeeds() throws {
        let query = "cacert=/etc/a%20ca.pem&cert=c.pem&key=k.pem&server_name=redis.example&reply_timeout=1"
        let configuration = try RedisConfiguration(url: "rediss://h?\(query)")
        let tls = try #require(configuration.tls)
        #expect(tls.files == TLSFiles(authorities: "/etc/a ca.pem", certificate: "c.pem", key: "k.pem"))
        #expect(tls.serverName == "redis.example" && configuration.replyTimeout == .seconds(1))
        let bare = try #require(try RedisConfiguration(url: "rediss://h").tls)
        #expect(bare.files == TLSFiles() && bare.serverName == nil)
        try #expect(RedisConfiguration(url: "redis://h").tls == nil)
    }

    @Test(arguments: [
        "redis://worker:hunter2@h",
        "redis+sentinel://worker:hunter2@h/main?sentinel_user=hunter&sentinel_password=hunter2",
    ])
    func aPasswordIsNotShownByPrintingOrDumping(url: String) throws {
        let configuration = try RedisConfiguration(url: url)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(dumped.contains("worker"))
        #expect(!"\(dumped) \(configuration) \(String(reflecting: configuration))".contains("hunter2"))
    }
}
