public import HTTPKit

extension Issuer {
    /// Where auth listens when nobody says: `http://127.0.0.1:8081`.
    public static let local = Issuer(localPort: 8081)
}
