import Foundation

/// Relative luminance and contrast of colours (WCAG 2.1).
enum Contrast {
  static func ratio(_ a: Double, _ b: Double) -> Double { (max(a, b) + 0.05) / (min(a, b) + 0.05) }

  static func luminance(ofRGB rgb: Int) -> Double {
    let parts = [rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff].map { value in
      let part = Double(value) / 255
      return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }

  /// Of the first eight, or the same ones bright.
  static func luminance(ofEight color: Int32, isBright: Bool) -> Double {
    let plain = [0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5]
    let bright = [0x7f_7f7f, 0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff]
    return luminance(ofRGB: (isBright ? bright : plain)[Int(color)])
  }

  /// Of a colour from 16 on of the 256 that xterm has: a cube of 6×6×6, then greys.
  static func luminance(of color: Int32) -> Double {
    let steps = [0, 95, 135, 175, 215, 255]
    let place = Int(color) - 16
    guard place < 216 else { return luminance(ofRGB: (8 + 10 * (place - 216)) * 0x01_0101) }
    return luminance(ofRGB: steps[place / 36] << 16 | steps[place / 6 % 6] << 8 | steps[place % 6])
  }
}
