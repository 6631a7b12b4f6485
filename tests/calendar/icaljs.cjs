// Reads calendar files as ical.js does. In: a JSON list of files; out: for each a list of its events.
const ICAL = require("./vendor/ical.js-2.2.1/ical.es5.min.cjs");

const files = JSON.parse(require("fs").readFileSync(0, "utf8"));
const events = (file) =>
  new ICAL.Component(ICAL.parse(file)).getAllSubcomponents("vevent").map((component) => {
    const event = new ICAL.Event(component);
    return {
      uid: event.uid,
      sequence: event.sequence,
      title: event.summary,
      place: event.location ?? "",
      status: component.getFirstPropertyValue("status"),
      starts_at: event.startDate.toJSDate().toISOString(),
      ends_at: event.endDate.toJSDate().toISOString(),
      changed_at: component.getFirstPropertyValue("dtstamp").toJSDate().toISOString(),
      description: event.description ?? "",
    };
  });
process.stdout.write(JSON.stringify(files.map(events)));
