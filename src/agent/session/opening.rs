//! How a task begins: what bears on it is looked up, off the main thread, before the model is asked.

use super::{Need, Phase, Session, Work, prompt};
use crate::agent::{Inquiry, Role, Understanding};

impl Session {
    /// A task begins with what is known of its matter.
    pub(super) fn begin_task(&mut self, task: String) -> Vec<Need> {
        let is_first = self.messages.is_empty();
        if is_first {
            self.say(Role::System, prompt::SYSTEM.to_owned());
        }
        self.phase = Phase::Thinking;
        let job = self.next_job();
        self.work = Work::Understanding(job, self.notes.len());
        let (snapshot, pending) = (self.snapshot.clone(), self.pending.clone());
        vec![Need::Understand(job, Inquiry { snapshot, pending, task, is_first })]
    }

    pub(super) fn on_understood(&mut self, found: Understanding) -> Vec<Need> {
        let Work::Understanding(_, earlier) = self.work else { return Vec::new() };
        let Understanding { map, task, told } = found;
        // What the person added meanwhile comes behind the task.
        self.note(told);
        let lessons = self.lessons_for(&task);
        self.notes.splice(earlier..earlier, map.into_iter().chain([task]).chain(lessons));
        self.ask()
    }
}
