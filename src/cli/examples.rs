//! How each command is used: examples that stand in its help and its manual page, one a line in
//! `examples.txt`. The tests read each of them as the program would.

use clap::Command;

/// Each line belongs to the command that it calls.
const EXAMPLES: &str = include_str!("examples.txt");

/// The same command line with examples at the end of each command's help.
pub(super) fn with_examples(command: Command) -> Command {
    let mut grouped: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for line in EXAMPLES.lines() {
        let path = path(&command, line);
        match grouped.last_mut() {
            Some((before, lines)) if *before == path => lines.push(line),
            _ => grouped.push((path, vec![line])),
        }
    }
    let all = grouped.iter();
    all.fold(command, |command, (path, lines)| {
        added(command, path, lines)
    })
}

/// The command that a line calls, as in `digest`, `send`.
fn path<'l>(command: &Command, line: &'l str) -> Vec<&'l str> {
    let mut at = command;
    let mut path = Vec::new();
    for word in line.split(' ').skip(1) {
        let Some(inner) = at.find_subcommand(word) else {
            break;
        };
        at = inner;
        path.push(word);
    }
    path
}

fn added(command: Command, path: &[&str], lines: &[&str]) -> Command {
    match path {
        [] => {
            let before = command.get_after_help().map(|help| format!("{help}\n\n"));
            let examples = format!("Examples:\n  {}", lines.join("\n  "));
            command.after_help(before.unwrap_or_default() + &examples)
        }
        [first, rest @ ..] => command.mut_subcommand(*first, |inner| added(inner, rest, lines)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    /// What a shell makes of a line: words, quoted ones too, up to where output goes elsewhere.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
        for c in line.chars() {
            match c {
                '\'' => {
                    is_quoted = !is_quoted;
                    word.get_or_insert_default();
                }
                ' ' if !is_quoted => words.extend(word.take()),
                '>' | '|' | '<' if !is_quoted => return words,
                c => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        words
    }

    fn leaves(command: &Command, before: &str, found: &mut BTreeSet<String>) {
        let mut is_leaf = true;
        for inner in command.get_subcommands() {
            is_leaf = false;
            leaves(inner, &format!("{before} {}", inner.get_name()), found);
        }
        if is_leaf {
            found.insert(before.trim().to_owned());
        }
    }

    #[test]
    fn every_command_has_an_example_and_every_example_is_one() {
        let mut wanted = BTreeSet::new();
        leaves(&Cli::command(), "", &mut wanted);
        let command = Cli::command();
        let mut given = BTreeSet::new();
        for line in EXAMPLES.lines() {
            given.insert(path(&command, line).join(" "));
            let read = Cli::command().try_get_matches_from(words(line));
            assert!(read.is_ok(), "{line}: {}", read.unwrap_err());
        }
        let missing: Vec<_> = wanted.symmetric_difference(&given).collect();
        assert!(
            missing.is_empty(),
            "src/cli/examples.txt and the commands differ in: {missing:?}"
        );
    }

    #[test]
    fn every_option_says_what_it_is_for() {
        fn look(command: &Command, silent: &mut Vec<String>) {
            for inner in command.get_subcommands() {
                look(inner, silent);
            }
            let name = command.get_name();
            let args = command
                .get_arguments()
                .filter(|arg| arg.get_help().is_none());
            silent.extend(args.map(|arg| format!("{name} {}", arg.get_id())));
        }
        let mut silent = Vec::new();
        look(&Cli::command(), &mut silent);
        assert!(silent.is_empty(), "without a word of help: {silent:?}");
    }

    #[test]
    fn help_ends_in_examples_behind_what_else_it_says() {
        let mut command = with_examples(Cli::command());
        let import = command.find_subcommand_mut("subscriber").unwrap();
        let import = import.find_subcommand_mut("import").unwrap();
        let help = import.render_help().to_string();
        assert!(help.contains("FILE.rejected.csv"), "{help}");
        assert!(help.contains("readers.csv --dry-run"), "{help}");
    }
}
