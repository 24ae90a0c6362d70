/// Whether a text is an IP address.
package enum IPText {
  package static func isIPv4(_ text: some StringProtocol) -> Bool {
    IPAddress(ipv4: Array(text.utf8)[...]) != nil
  }

  package static func isIPv6(_ text: some StringProtocol) -> Bool {
    IPAddress(ipv6: Array(text.utf8)[...]) != nil
  }
}
