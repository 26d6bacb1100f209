/// A program with pages, as auth knows it.
struct DevClient {
    /// `tracker`
    let program: String
    /// As people know it.
    let name: String
    /// Where browsers reach it.
    let address: String
    /// Where auth reaches it.
    let internalAddress: String
    let secret: String

    /// All of them as `AUTH_CLIENTS` reads them.
    static func file(of clients: [DevClient]) -> String {
        let entries = clients.map { client in
            """
              \(client.program):
                name: \(client.name)
                secret: \(client.secret)
                redirect_uris: [\(client.address)/login/callback]
                post_logout_redirect_uris: [\(client.address)/logout/done]
                backchannel_logout_uri: \(client.internalAddress)/logout/backchannel

            """
        }
        return "clients:\n" + entries.joined()
    }
}
