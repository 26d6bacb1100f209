import PageKit
import Testing

@Suite struct LinkTargetTests {
    @Test(arguments: [
        "javascript:alert(1)", "//evil.example", "/\\evil.example", "\\\\evil", "", "groups", "/a\nb", "/a b",
        "https://evil", "/\u{202E}",
    ])
    func aPathLeadsNowhereElse(path: String) { #expect(LinkTarget(path: path) == nil) }

    @Test(arguments: [
        "javascript:alert(1)", "data:text/html,x", "https://user@host/", "https:///x", "ftp://host/", "https://host/ x",
        "JAVASCRIPT:x",
    ])
    func aPageOfOthersIsOfHTTP(url: String) { #expect(LinkTarget(url: url) == nil) }

    @Test func whatStandsInAPathIsEncoded() {
        let target = LinkTarget(["groups", "a/b ?#"], query: [("key", "x&y=z"), ("none", nil), ("é", "")])
        #expect(target?.description == "/groups/a%2Fb%20%3F%23?key=x%26y%3Dz&%C3%A9=")
        #expect(LinkTarget(path: "/groups?state=behind")?.description == "/groups?state=behind")
        #expect(LinkTarget(url: "https://host:8443/x?y")?.description == "https://host:8443/x?y")
        #expect(LinkTarget(fragment: "f-<x>").description == "#f-%3Cx%3E")
    }

    /// `//host` is another host's, and a browser walks up by dots, however they are written.
    @Test(arguments: ["", ".", ".."]) func aSegmentThatLeadsElsewhereIsNone(_ segment: String) {
        #expect(LinkTarget([segment, "evil.example"]) == nil && LinkTarget(["groups", segment]) == nil)
    }
}
