import Cells
import Testing

@testable import TerminalDriver

@Suite struct PaletteTests {
  static let palettes = [
    Palette(colors: 256), Palette(colors: 256, background: "0;15"), Palette(colors: 8), Palette(colors: 0),
  ]

  @Test(arguments: [Style.Attributes.selected, .match, .escaped, .selectedElsewhere, .bold, .reverse])
  func anAttributeShowsOnPlainTextInEveryPalette(_ attribute: Style.Attributes) {
    for palette in Self.palettes {
      #expect(palette.look(of: Style(.text, attribute)) != palette.look(of: .text))
    }
  }

  @Test func monoUsesNoColour() {
    for role in Style.Role.allCases {
      let look = Palette(colors: 0).look(of: Style(role, [.selected, .match, .escaped]))
      #expect(look.foreground == -1 && look.background == -1)
    }
  }

  @Test func coloursExistOnTheirTerminal() {
    for role in Style.Role.allCases {
      for attributes: Style.Attributes in [[], .selected, .match, .escaped, .selectedElsewhere] {
        let style = Style(role, attributes)
        for palette in Self.palettes.prefix(2) {
          let look = palette.look(of: style)
          #expect((-1...255).contains(look.foreground) && (-1...255).contains(look.background))
          #expect(look.foreground == -1 || look.foreground != look.background)
        }
        let look = Palette(colors: 8).look(of: style)
        #expect((-1...7).contains(look.foreground) && (-1...7).contains(look.background))
      }
    }
  }

  /// WCAG 2.1: 4.5:1 for text, 3:1 for lines; on the darkest and lightest ground that terminals usually have.
  @Test(arguments: [
    (Palette(colors: 256), [0x00_0000, 0x1e_1e1e]),
    (Palette(colors: 256, background: "0;15"), [0xff_ffff, 0xfd_f6e3]),
  ]) func everyRoleCanBeReadOnItsGround(_ palette: Palette, _ grounds: [Int]) {
    let plain = grounds.map(Contrast.luminance(ofRGB:))
    for role in Style.Role.allCases {
      for attributes: Style.Attributes in [[], .selected, .match, .escaped, .selectedElsewhere] {
        let look = palette.look(of: Style(role, attributes))
        let backs = look.background < 0 ? plain : [Contrast.luminance(of: look.background)]
        for back in backs where look.foreground >= 0 {
          let ratio = Contrast.ratio(Contrast.luminance(of: look.foreground), back)
          #expect(ratio >= (role == .border ? 3 : 4.5), "\(role) \(attributes) \(ratio)")
        }
      }
    }
  }

  /// As xterm has the eight, and bold ones brighter on a dark ground: nobody else promises anything.
  @Test(arguments: [false, true]) func everyRoleCanBeReadWithEightColours(_ isLight: Bool) {
    let palette = Palette(colors: 8, isLight: isLight)
    for role in Style.Role.allCases {
      for attributes: Style.Attributes in [[], .selected, .match, .escaped, .selectedElsewhere] {
        let look = palette.look(of: Style(role, attributes))
        guard look.foreground >= 0 else { continue }
        let back = look.background < 0 ? (isLight ? 7 : 0) : look.background
        let ratio = Contrast.ratio(
          Contrast.luminance(ofEight: look.foreground, isBright: !isLight && look.attributes.contains(.bold)),
          isLight && look.background < 0 ? 1 : Contrast.luminance(ofEight: back, isBright: false))
        #expect(ratio >= 4.4, "\(role) \(attributes) \(ratio)")
      }
    }
  }

  @Test func backgroundsAndColoursFitIntoThePairsOfCurses() {
    for palette in Self.palettes {
      var pairs: Set<[Int32]> = []
      for role in Style.Role.allCases {
        for bits in UInt16(0)..<16 {
          let attributes = Style.Attributes(rawValue: bits << 11)
          let look = palette.look(of: Style(role, attributes))
          pairs.insert([look.foreground, look.background])
        }
      }
      #expect(pairs.count < 255, "\(pairs.count)")
    }
  }

  static let copies: [(String, String)] = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"), ("\u{1b}]0;\u{7}", "G10wOwc="), ("ÿþ", "w7/Dvg=="),
  ]

  @Test(arguments: copies) func theClipboardGetsBase64(text: String, digits: String) {
    #expect(String(decoding: Clipboard.base64(Array(text.utf8)), as: UTF8.self) == digits)
    #expect(
      Clipboard.sequence(copying: Array(text.utf8)) == Array("\u{1b}]52;c;\(digits)\u{1b}\\".utf8))
  }
}
