//! Time zones to choose from, by region and city.

use chrono_tz::{TZ_VARIANTS, Tz};
use serde::Serialize;

use super::texts::Texts;

/// Regions in the order of the list, each with the key of its name.
const REGIONS: [(&str, &str); 9] = [
    ("Africa", "zone-africa"),
    ("America", "zone-america"),
    ("Antarctica", "zone-antarctica"),
    ("Asia", "zone-asia"),
    ("Atlantic", "zone-atlantic"),
    ("Australia", "zone-australia"),
    ("Europe", "zone-europe"),
    ("Indian", "zone-indian"),
    ("Pacific", "zone-pacific"),
];

/// Former names of zones that are on the list under their present ones. They are understood, since
/// browsers tell some of them, and not offered.
const FORMER: &[&str] = &[
    "Africa/Asmera",
    "Africa/Timbuktu",
    "America/Argentina/ComodRivadavia",
    "America/Atka",
    "America/Buenos_Aires",
    "America/Catamarca",
    "America/Coral_Harbour",
    "America/Cordoba",
    "America/Ensenada",
    "America/Fort_Wayne",
    "America/Godthab",
    "America/Indianapolis",
    "America/Jujuy",
    "America/Knox_IN",
    "America/Louisville",
    "America/Mendoza",
    "America/Montreal",
    "America/Porto_Acre",
    "America/Rosario",
    "America/Santa_Isabel",
    "America/Shiprock",
    "America/Virgin",
    "Antarctica/South_Pole",
    "Asia/Ashkhabad",
    "Asia/Calcutta",
    "Asia/Chongqing",
    "Asia/Chungking",
    "Asia/Dacca",
    "Asia/Harbin",
    "Asia/Istanbul",
    "Asia/Kashgar",
    "Asia/Katmandu",
    "Asia/Macao",
    "Asia/Rangoon",
    "Asia/Saigon",
    "Asia/Tel_Aviv",
    "Asia/Thimbu",
    "Asia/Ujung_Pandang",
    "Asia/Ulan_Bator",
    "Atlantic/Faeroe",
    "Atlantic/Jan_Mayen",
    "Australia/ACT",
    "Australia/Canberra",
    "Australia/Currie",
    "Australia/LHI",
    "Australia/NSW",
    "Australia/North",
    "Australia/Queensland",
    "Australia/South",
    "Australia/Tasmania",
    "Australia/Victoria",
    "Australia/West",
    "Australia/Yancowinna",
    "Europe/Belfast",
    "Europe/Kiev",
    "Europe/Nicosia",
    "Europe/Tiraspol",
    "Europe/Uzhgorod",
    "Europe/Zaporozhye",
    "Pacific/Enderbury",
    "Pacific/Johnston",
    "Pacific/Ponape",
    "Pacific/Samoa",
    "Pacific/Truk",
    "Pacific/Yap",
];

/// A zone to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneOption {
    /// The IANA name.
    pub id: &'static str,
    pub name: String,
    pub chosen: bool,
}

/// The zones of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneGroup {
    pub name: String,
    pub zones: Vec<ZoneOption>,
}

/// The list of zones with the reader's one chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ZoneChoice {
    /// What holds for whoever chooses none.
    pub usual: String,
    /// Zones outside of the regions: UTC, and the reader's one where it is not on the list.
    pub others: Vec<ZoneOption>,
    pub groups: Vec<ZoneGroup>,
}

impl ZoneChoice {
    /// The list in a language.
    pub fn new(texts: &Texts, language: &str, chosen: Option<Tz>, usual: Tz) -> Self {
        let option = |zone: Tz| ZoneOption {
            id: zone.name(),
            name: city(zone),
            chosen: chosen == Some(zone),
        };
        let groups = REGIONS.map(|(region, key)| {
            let mut zones: Vec<ZoneOption> = TZ_VARIANTS
                .iter()
                .filter(|zone| region_of(**zone) == Some(region))
                .map(|zone| option(*zone))
                .collect();
            zones.sort_by(|a, b| a.name.cmp(&b.name));
            ZoneGroup {
                name: texts.say(language, key, &[]),
                zones,
            }
        });
        let unlisted = chosen.filter(|zone| region_of(*zone).is_none() && *zone != Tz::UTC);
        let zone = city(usual);
        Self {
            usual: texts.say(language, "preferences-zone-usual", &[("zone", zone.into())]),
            others: unlisted.into_iter().chain([Tz::UTC]).map(option).collect(),
            groups: groups.into(),
        }
    }
}

/// The region under which a zone is offered, if it is.
fn region_of(zone: Tz) -> Option<&'static str> {
    let name = zone.name();
    let (first, _) = name.split_once('/')?;
    let known = REGIONS.iter().find(|(region, _)| *region == first);
    known
        .map(|(region, _)| *region)
        .filter(|_| !FORMER.contains(&name))
}

/// The city of a zone, with what it lies in where that is not the region: "Salta (Argentina)".
fn city(zone: Tz) -> String {
    let mut parts = zone.name().split('/');
    let region = parts.next().unwrap_or_default();
    let words = match (parts.next(), parts.next()) {
        (Some(country), Some(city)) => format!("{city} ({country})"),
        (Some(city), None) => city.to_owned(),
        _ => region.to_owned(),
    };
    words.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_named_for_people_and_the_chosen_one_is_always_there() {
        let texts = Texts::new().unwrap();
        let list = |chosen: Option<Tz>| ZoneChoice::new(&texts, "de", chosen, Tz::Europe__Vienna);
        let choice = list(Some(Tz::America__Argentina__Salta));
        let america = &choice.groups[1];
        assert_eq!(america.name, "Amerika");
        let salta = america.zones.iter().find(|zone| zone.chosen).unwrap();
        assert_eq!(salta.name, "Salta (Argentina)");
        assert!(america.zones.iter().any(|zone| zone.name == "New York"));
        assert!(choice.usual.contains("Vienna"), "{}", choice.usual);

        let chosen = |choice: &ZoneChoice| {
            let listed = choice.groups.iter().flat_map(|group| &group.zones);
            let all = choice.others.iter().chain(listed);
            all.filter(|zone| zone.chosen)
                .map(|zone| zone.id)
                .collect::<Vec<_>>()
        };
        // Chrome's name for Kolkata is not on the list, and must not be lost by saving the form.
        for zone in [
            Tz::Asia__Calcutta,
            Tz::US__Pacific,
            Tz::UTC,
            Tz::Asia__Tokyo,
        ] {
            assert_eq!(chosen(&list(Some(zone))), [zone.name()]);
        }
        assert!(chosen(&list(None)).is_empty());
    }

    #[test]
    fn former_names_are_zones() {
        for name in FORMER {
            let zone: Tz = name.parse().unwrap();
            assert_eq!(region_of(zone), None, "{name}");
        }
    }
}
