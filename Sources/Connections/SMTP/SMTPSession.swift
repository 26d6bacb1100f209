import CCurl

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A handle of libcurl, with the connection that it keeps after a mail.
///
/// `@unchecked Sendable`: `SMTPClient` gives it to one thread at a time, and libcurl lets a handle go from thread to thread.
final class SMTPSession: @unchecked Sendable {
    struct Outcome {
        let code: CURLcode
        let conversation: SMTPConversation
        /// libcurl's own words.
        let text: String
        /// Whether a connection was made for it.
        let isNewConnection: Bool
    }

    private let handle: UnsafeMutableRawPointer
    private let error: UnsafeMutablePointer<CChar>

    /// Once in this process, before anything else of libcurl.
    private static let isStarted = curl_start() == CURLE_OK

    /// Nil: out of memory, or libcurl cannot do what is asked of it.
    init?(_ configuration: SMTPConfiguration, keepingConnection seconds: Int) {
        guard Self.isStarted, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        error = .allocate(capacity: Int(CURL_ERROR_SIZE))
        error.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        guard set(configuration, seconds) else { return nil }
    }

    deinit {
        curl_easy_cleanup(handle)
        error.deallocate()
    }

    private func set(_ configuration: SMTPConfiguration, _ rest: Int) -> Bool {
        let tls = configuration.encryption == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL
        var results = [
            // The user and the password are no part of it: no error of libcurl shows them.
            curl_set_text(handle, CURLOPT_URL, configuration.description),
            curl_set_number(handle, CURLOPT_USE_SSL, Int(tls.rawValue)),
            curl_set_number(handle, CURLOPT_SSL_VERIFYPEER, 1),
            curl_set_number(handle, CURLOPT_SSL_VERIFYHOST, 2),
            curl_set_number(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            // By no other way than the one that is set: not by a proxy of the environment.
            curl_set_text(handle, CURLOPT_PROXY, ""),
            // Others have signal handlers here. A name that is looked up is then given up by time all the same.
            curl_set_number(handle, CURLOPT_NOSIGNAL, 1),
            // A connection that is idle for longer may be gone at the other end.
            curl_set_number(handle, CURLOPT_MAXAGE_CONN, rest),
            curl_set_pointer(handle, CURLOPT_ERRORBUFFER, error),
            curl_set_number(handle, CURLOPT_UPLOAD, 1),
            curl_set_no_writer(handle),
            // libcurl waits for the answer to its goodbye, whatever the time of the whole is: two minutes, if nobody says so.
            curl_set_number(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(configuration.timeout.components.seconds)),
            curl_set_number(handle, CURLOPT_NOPROGRESS, 0),
            curl_set_watcher(handle) { conversation, _, _, _, _ in
                guard let conversation else { return 0 }
                let deadline = conversation.assumingMemoryBound(to: SMTPConversation.self).pointee.deadline
                return deadline < .now ? 1 : 0
            },
            curl_set_number(handle, CURLOPT_VERBOSE, 1),
            curl_set_reader(handle) { buffer, size, count, conversation in
                guard let buffer, let conversation else { return 0 }
                return conversation.assumingMemoryBound(to: SMTPConversation.self).pointee
                    .take(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
            },
            curl_set_listener(handle) { _, kind, bytes, count, conversation in
                guard let bytes, let conversation else { return 0 }
                conversation.assumingMemoryBound(to: SMTPConversation.self).pointee
                    .note(kind, UnsafeRawBufferPointer(start: bytes, count: count))
                return 0
            },
        ]
        if let authorities = configuration.authorities {
            results.append(curl_set_text(handle, CURLOPT_CAINFO, authorities))
            results.append(curl_set_text(handle, CURLOPT_CAPATH, nil))
        }
        if let user = configuration.user, let password = configuration.password {
            results.append(curl_set_text(handle, CURLOPT_USERNAME, user))
            results.append(curl_set_text(handle, CURLOPT_PASSWORD, password.value))
        }
        return results.allSatisfy { $0 == CURLE_OK }
    }

    /// Blocks this thread until the server has answered, or the time is over.
    func send(
        _ mail: [UInt8],
        from sender: String,
        to receiver: String,
        until deadline: ContinuousClock.Instant,
        onNewConnection isNew: Bool
    ) -> Outcome {
        var conversation = SMTPConversation(mail, until: deadline)
        let milliseconds = max(1, (deadline - .now).wholeMilliseconds)
        let receivers = curl_slist_append(nil, receiver)
        defer { curl_slist_free_all(receivers) }
        error.pointee = 0
        let code = withUnsafeMutablePointer(to: &conversation) { conversation -> CURLcode in
            let results = [
                curl_set_text(handle, CURLOPT_MAIL_FROM, sender),
                curl_set_list(handle, CURLOPT_MAIL_RCPT, receivers),
                curl_set_number(handle, CURLOPT_TIMEOUT_MS, milliseconds),
                curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
                curl_set_number(handle, CURLOPT_FRESH_CONNECT, isNew ? 1 : 0),
                curl_set_pointer(handle, CURLOPT_READDATA, conversation),
                curl_set_pointer(handle, CURLOPT_DEBUGDATA, conversation),
                curl_set_pointer(handle, CURLOPT_XFERINFODATA, conversation),
            ]
            defer {
                _ = curl_set_pointer(handle, CURLOPT_READDATA, nil)
                _ = curl_set_pointer(handle, CURLOPT_DEBUGDATA, nil)
                _ = curl_set_pointer(handle, CURLOPT_XFERINFODATA, nil)
                _ = curl_set_list(handle, CURLOPT_MAIL_RCPT, nil)
            }
            if let failed = results.first(where: { $0 != CURLE_OK }) { return failed }
            return withoutPipeSignal { curl_easy_perform(handle) }
        }
        let own = String(
            decoding: UnsafeBufferPointer(start: error, count: Int(CURL_ERROR_SIZE)).prefix { $0 != 0 }
                .map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        var connections = 0
        _ = curl_get_number(handle, CURLINFO_NUM_CONNECTS, &connections)
        return Outcome(
            code: code,
            conversation: conversation,
            text: own.isEmpty ? String(cString: curl_easy_strerror(code)) : own,
            isNewConnection: connections > 0
        )
    }
}

/// Runs the body with SIGPIPE kept from this thread: some versions of libcurl write to a connection that may be gone.
private func withoutPipeSignal<R>(_ body: () -> R) -> R {
    #if canImport(Darwin)
        // Sockets raise none there: libcurl sets them so.
        return body()
    #else
        var (pipe, before, pending) = (sigset_t(), sigset_t(), sigset_t())
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        sigpending(&pending)
        // One that was there before is not ours to take.
        let isPending = sigismember(&pending, SIGPIPE) == 1
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        defer {
            if !isPending {
                var none = timespec()
                while sigtimedwait(&pipe, nil, &none) == -1, errno == EINTR {}
            }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        return body()
    #endif
}

extension Duration {
    fileprivate var wholeMilliseconds: Int {
        Int(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
