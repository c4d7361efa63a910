//! The settings in force.

use serde::Serialize;

use super::frame::Frame;

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingRow {
    /// As in "per_ip_per_hour".
    pub key: String,
    pub value: String,
}

/// A section of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsSection {
    /// As in "signup", or "relay 2".
    pub name: String,
    pub rows: Vec<SettingRow>,
}

/// `GET /admin/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingsPage {
    pub frame: Frame,
    pub version: &'static str,
    pub sections: Vec<SettingsSection>,
}

super::admin_pages! { SettingsPage => "admin/settings.html" }
