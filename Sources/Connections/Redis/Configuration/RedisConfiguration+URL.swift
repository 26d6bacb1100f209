extension RedisConfiguration {
    /// Reads a URL.
    ///
    /// - `redis://[[user]:password@]host[:port][/db]`, port 6379 unless given, IPv6 addresses in brackets;
    /// - `rediss://` and the same: through TLS 1.2 or newer;
    /// - `unix://[[user]:password@]/path/of/socket[?db=N]`;
    /// - `redis+sentinel://[[user]:password@]host[:port],host[:port]…/master[/db]`: whoever is the master of that name, as the
    ///   sentinels at these places say, port 26379 unless given; `rediss+sentinel://` and the same: through TLS to all of them;
    /// - `redis+cluster://[[user]:password@]host[:port],host[:port]…`: the cluster of which these are nodes, port 6379 unless given;
    ///   they are asked for the others. `rediss+cluster://` and the same: through TLS to all of them. It has database 0 only.
    ///
    /// All take the parameters `connect_timeout` and `reply_timeout`, in seconds: `redis://localhost?reply_timeout=2.5`.
    ///
    /// `rediss://` takes the names of files in PEM: `cacert`, the certificates of the CAs that are trusted (default: those that the
    /// system trusts); `cert`, what this client shows of itself, and `key`, its private key, not encrypted (default: in the file of
    /// `cert`). The server's certificate is always verified: that a trusted CA vouches for it, that it has not expired, and that it
    /// is for the host of the URL, or for `server_name` where the URL names one; that name is also told to the server (SNI). The
    /// files are read at the first connection, and again when they have changed. Of sentinels, and of the master that one of them
    /// names, each certificate has to be for the name or address by which it is found, or all of them for `server_name`; so of a
    /// cluster's nodes.
    ///
    /// With sentinels, user and password are those of the master and its replicas; `sentinel_user` and `sentinel_password` are what
    /// the sentinels want themselves. The user has to be allowed to say ROLE.
    ///
    /// User, password, path and names are percent-decoded. A user without a password in Redis is written `user:@`.
    /// - Throws: `RedisError` with the code `.configuration`, naming the part that is wrong. No text of the URL is
    ///   repeated, for a password may stand in the wrong place.
    public init(url: String) throws(RedisError) {
        let scheme: String
        let rest: Substring
        if let end = url.firstRange(of: "://") {
            scheme = url[..<end.lowerBound].lowercased()
            rest = url[end.upperBound...]
        } else {
            scheme = ""
            rest = ""
        }
        switch scheme {
        case "redis": try self.init(tcp: rest, isEncrypted: false)
        case "rediss": try self.init(tcp: rest, isEncrypted: true)
        case "unix": try self.init(unix: rest)
        case "redis+sentinel": try self.init(sentinels: rest, isEncrypted: false)
        case "rediss+sentinel": try self.init(sentinels: rest, isEncrypted: true)
        case "redis+cluster": try self.init(cluster: rest, isEncrypted: false)
        case "rediss+cluster": try self.init(cluster: rest, isEncrypted: true)
        default:
            throw invalid(
                "scheme",
                "expected redis://, rediss://, unix://, or redis or rediss with +sentinel:// or +cluster://"
            )
        }
    }

    private init(tcp text: Substring, isEncrypted: Bool) throws(RedisError) {
        let (credentials, place, tail) = try takeApart(text)
        let (user, password) = try decodeCredentials(credentials)
        let (host, port) = try decodePlace(place, defaultPort: 6379)
        let path = tail.prefix { !"?#".contains($0) }.dropFirst()
        let parameters = try URLParameters(
            tail.drop { !"?#".contains($0) },
            of: URLParameters.times + (isEncrypted ? URLParameters.tls : []),
            "the database is written /N after the port" + (isEncrypted ? "" : "; those of TLS are for rediss://")
        )
        self.init(
            server: .at(.tcp(host: host, port: port)),
            tls: isEncrypted ? try parameters.tlsClient() : nil,
            user: user,
            password: password,
            database: path.isEmpty ? 0 : try number(path, part: "database", in: 0...65_535)
        )
        parameters.apply(to: &self)
    }

    private init(sentinels text: Substring, isEncrypted: Bool) throws(RedisError) {
        let (credentials, list, tail) = try takeApart(text)
        let (user, password) = try decodeCredentials(credentials)
        let path = tail.prefix { !"?#".contains($0) }.dropFirst()
            .split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = path.first.flatMap(percentDecoded), !name.isEmpty else {
            throw invalid("master", "expected its name, as the sentinels know it, as /name after their addresses")
        }
        let parameters = try URLParameters(
            tail.drop { !"?#".contains($0) },
            of: URLParameters.times + URLParameters.sentinels + (isEncrypted ? URLParameters.tls : []),
            "the database is written /N after the master's name"
                + (isEncrypted ? "" : "; those of TLS are for rediss+sentinel://")
        )
        let tls = isEncrypted ? try parameters.tlsClient() : nil
        let (sentinelUser, sentinelPassword) = try parameters.sentinelCredentials()
        var places: [RedisConfiguration] = []
        for place in list.split(separator: ",", omittingEmptySubsequences: false) {
            let (host, port) = try decodePlace(place, defaultPort: 26_379)
            places.append(
                RedisConfiguration(
                    server: .at(.tcp(host: host, port: port)),
                    tls: tls,
                    user: sentinelUser,
                    password: sentinelPassword,
                    database: 0
                )
            )
        }
        self.init(
            server: .master(Sentinels(of: name, at: places)),
            tls: tls,
            user: user,
            password: password,
            database: path.count < 2 || path[1].isEmpty ? 0 : try number(path[1], part: "database", in: 0...65_535)
        )
        parameters.apply(to: &self)
    }

    private init(cluster text: Substring, isEncrypted: Bool) throws(RedisError) {
        let (credentials, list, tail) = try takeApart(text)
        let (user, password) = try decodeCredentials(credentials)
        let path = tail.prefix { !"?#".contains($0) }.dropFirst()
        guard path.isEmpty || path == "0" else { throw invalid("database", "a cluster has database 0 only") }
        let parameters = try URLParameters(
            tail.drop { !"?#".contains($0) },
            of: URLParameters.times + (isEncrypted ? URLParameters.tls : []),
            isEncrypted ? "" : "those of TLS are for rediss+cluster://"
        )
        var nodes: [Endpoint] = []
        for place in list.split(separator: ",", omittingEmptySubsequences: false) {
            let (host, port) = try decodePlace(place, defaultPort: 6379)
            nodes.append(.tcp(host: host, port: port))
        }
        self.init(
            server: .cluster(nodes),
            tls: isEncrypted ? try parameters.tlsClient() : nil,
            user: user,
            password: password,
            database: 0
        )
        parameters.apply(to: &self)
    }

    private init(unix text: Substring) throws(RedisError) {
        let authority = text.prefix { $0 != "/" }
        let (credentials, place) = split(authority)
        let rest = text[authority.endIndex...]
        guard place.isEmpty else {
            throw invalid("path", "expected unix:///absolute/path or unix://user:password@/absolute/path")
        }
        let (user, password) = try decodeCredentials(credentials)
        let encodedPath = rest.prefix { $0 != "?" && $0 != "#" }
        guard encodedPath.count > 1, let path = percentDecoded(encodedPath) else {
            throw invalid("path", "expected the absolute path of a socket, percent-encoded")
        }
        // What `sockaddr_un` holds on every system; hiredis would cut a longer one.
        guard path.utf8.count < 104 else {
            throw invalid("path", "a Unix socket's path has at most 103 bytes, this one has \(path.utf8.count)")
        }
        let parameters = try URLParameters(rest[encodedPath.endIndex...], of: ["db"] + URLParameters.times)
        self.init(
            server: .at(.unix(path: path)),
            user: user,
            password: password,
            database: parameters.database ?? 0
        )
        parameters.apply(to: &self)
    }
}

func invalid(_ part: String, _ text: String) -> RedisError {
    RedisError(.configuration, "The Redis URL's \(part): \(text).")
}

/// Who we are; where it is; what follows.
private func takeApart(
    _ text: Substring
) throws(RedisError) -> (credentials: Substring?, place: Substring, tail: Substring) {
    let authority = text.prefix { !"/?#".contains($0) }
    let tail = text[authority.endIndex...]
    // A "/" in a password that is not encoded would make a piece of it the port.
    if tail.contains("@") { throw invalid("password", "the characters @ : / ? # % in it must be percent-encoded") }
    let (credentials, place) = split(authority)
    return (credentials, place, tail)
}

/// At the last `@`, so that one in a password does not make a host of its rest.
private func split(_ authority: Substring) -> (credentials: Substring?, place: Substring) {
    guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
    return (authority[..<at], authority[authority.index(after: at)...])
}

private func decodeCredentials(_ text: Substring?) throws(RedisError) -> (user: String?, password: Secret?) {
    guard let text else { return (nil, nil) }
    guard let colon = text.firstIndex(of: ":") else {
        throw invalid("password", "expected user:password@ or :password@; for a user that has none, user:@")
    }
    let rawPassword = text[text.index(after: colon)...]
    guard !rawPassword.contains(where: { ":@".contains($0) }) else {
        throw invalid("password", "the characters @ : / ? # % in it must be percent-encoded")
    }
    guard let user = percentDecoded(text[..<colon]) else { throw invalid("user", "it is not valid percent-encoding") }
    guard let password = percentDecoded(rawPassword) else {
        throw invalid("password", "it is not valid percent-encoding of UTF-8 text")
    }
    guard !(user.isEmpty && password.isEmpty) else { throw invalid("password", "it is empty, and so is the user") }
    return (user.isEmpty ? nil : user, Secret(password))
}

private func decodePlace(_ text: Substring, defaultPort: Int) throws(RedisError) -> (host: String, port: Int) {
    let host: Substring
    let rest: Substring
    if text.hasPrefix("[") {
        guard let end = text.firstIndex(of: "]") else {
            throw invalid("host", "the bracket of an IPv6 address is open")
        }
        host = text[text.index(after: text.startIndex)..<end]
        rest = text[text.index(after: end)...]
        guard host.contains(":"), host.allSatisfy({ isNameCharacter($0) || ":%".contains($0) }) else {
            throw invalid("host", "expected an IPv6 address in the brackets")
        }
    } else {
        host = text.prefix { $0 != ":" }
        rest = text[host.endIndex...]
        guard !host.isEmpty else { throw invalid("host", "it is missing") }
        guard host.allSatisfy(isNameCharacter) else {
            throw invalid("host", "expected letters, digits, '.', '-' and '_'")
        }
    }
    if rest.isEmpty { return (String(host), defaultPort) }
    guard rest.hasPrefix(":") else { throw invalid("port", "expected :PORT after the address") }
    return (String(host), try number(rest.dropFirst(), part: "port", in: 1...65_535))
}

func isNameCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || ".-_".contains(character))
}

func number(_ text: Substring, part: String, in range: ClosedRange<Int>) throws(RedisError) -> Int {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
        let value = Int(text), range.contains(value)
    else {
        throw invalid(part, "expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
}
