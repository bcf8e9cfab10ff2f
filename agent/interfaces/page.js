() => {
  const status = document.body.appendChild(document.createElement('div'));
  status.className = 'unseen';
  status.setAttribute('role', 'status');
  let last = null;
  const tidy = () => {
    // Ten cards have the same four buttons: a screen reader is told of which title each one speaks.
    document.querySelectorAll('.film').forEach(film => {
      const title = film.querySelector('article')?.getAttribute('aria-label');
      film.querySelectorAll('button').forEach(b => b.setAttribute('aria-label', `${b.textContent.trim()}: ${title}`));
    });
    const talk = document.querySelector('.talk');
    if (talk && talk.lastElementChild !== last) { // a new line: show it, and read it aloud if it is an answer
      last = talk.lastElementChild;
      talk.scrollTop = talk.scrollHeight;
      if (last?.matches('.by-palate:not(.waiting)')) status.textContent = last.querySelector('p').textContent;
    }
  };
  new MutationObserver(tidy).observe(document.querySelector('gradio-app') ?? document.body, {childList: true, subtree: true});
  tidy();
}
