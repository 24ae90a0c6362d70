import MilterProtocol
import Testing

@Suite struct IPAddressTests {
  /// As typed, and in the one form; nil where `inet_pton` takes it for nothing.
  static let rows: [(String, String?)] = [
    ("192.0.2.7", "192.0.2.7"),
    ("0.0.0.0", "0.0.0.0"),
    ("255.255.255.255", "255.255.255.255"),
    ("256.0.0.1", nil),
    ("192.0.2.07", nil),
    ("192.0.2", nil),
    ("192.0.2.7.", nil),
    ("192.0..7", nil),
    ("::", "::"),
    ("::1", "::1"),
    ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("fe80::", "fe80::"),
    ("::ffff:192.0.2.7", "::ffff:c000:207"),
    ("1:2:3:4:5:6:192.0.2.7", "1:2:3:4:5:6:c000:207"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("1:2:3:4:5:6:7:8:9", nil),
    ("1:2:3:4:5:6:7", nil),
    ("1::2::3", nil),
    (":::", nil),
    (":1", nil),
    ("1:", nil),
    ("12345::", nil),
    ("::g", nil),
    ("192.0.2.7::", nil),
    ("mail.example.org", nil),
    ("", nil),
  ]

  @Test(arguments: rows) func isReadAndWrittenInOneForm(typed: String, form: String?) throws {
    let address = IPAddress(Array(typed.utf8)[...])
    #expect(address?.text == form)
    guard let address else { return }
    #expect(IPAddress(bytes: address.bytes) == address)
    #expect(IPAddress(Array(address.text.utf8)[...]) == address)
  }

  @Test func onlyFourOrSixteenBytesAreAnAddress() {
    for count in 0...20 {
      #expect((IPAddress(bytes: [UInt8](repeating: 1, count: count)) != nil) == (count == 4 || count == 16))
    }
  }
}
