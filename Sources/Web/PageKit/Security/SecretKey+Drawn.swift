import OpenSSL

extension SecretKey {
    /// One that is always drawn from the same secret, which was itself drawn at random: for processes that share that secret, and nothing
    /// else. It tells nothing of it.
    package init(drawnFrom secret: String, for purpose: String) {
        self.init(code: HMAC.code(of: Array(purpose.utf8), key: Array(secret.utf8)))
    }
}
