package import Perch

extension DelayedEvent: Maskable {
    package func masked(in contract: Contract) -> DelayedEvent {
        var shown = self
        shown.data = Masking(data, of: type, version: version, in: contract).data
        return shown
    }
}
