extension LoginLimit {
    /// For the refreshes of one session, none of which has to have failed: an access token is good for 15 minutes.
    static let refresh = LoginLimit(free: 20, forgiveness: .seconds(30), longestWait: .seconds(60))
}
