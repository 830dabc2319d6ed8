//! In which way changes on disk are noticed, as the person sees it.

use std::time::Duration;

use super::*;

const LIMIT: &str = "the system watches no more folders for you (fs.inotify.max_user_watches is 10)";

fn polling(why: &str, every_s: u64) -> Msg {
    Msg::WatcherChanged(WatcherHealth::Polling { why: why.to_owned(), every: Duration::from_secs(every_s) })
}

#[test]
fn why_the_disk_is_looked_at_is_said_once_and_kept() {
    for columns in [80, 120, 200] {
        let mut journey = Journey::open(columns, 36, SHOP, Vec::new());
        journey.check_shows(&["● live"]);
        journey.tell(polling(LIMIT, 3));
        journey.check_shows(&[
            "◐ polling, 3 s",
            "flux looks for changes on disk every 3 s",
            "fs.inotify.max_user_watches",
        ]);
        journey.press("<Esc>5");
        assert_eq!(journey.shot().matches("max_user_watches").count(), 1, "{}", journey.shot());
        // The same, less often: in the status line alone.
        journey.tell(polling(LIMIT, 12));
        journey.check_shows(&["◐ polling, 12 s"]);
        assert_eq!(journey.shot().matches("max_user_watches").count(), 1, "{}", journey.shot());
        journey.tell(Msg::WatcherChanged(WatcherHealth::Live));
        journey.check_shows(&["● live", "flux follows changes on disk again."]);
    }
}

#[test]
fn a_folder_that_has_gone_is_said() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.tell(Msg::WatcherChanged(WatcherHealth::Gone));
    journey.check_shows(&["○ the folder has gone", "flux looks every few seconds whether it is back"]);
    journey.tell(Msg::WatcherChanged(WatcherHealth::Live));
    journey.check_shows(&["● live", "flux follows changes on disk again."]);
}
